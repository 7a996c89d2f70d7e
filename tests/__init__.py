"""Tests; a package of its own name, because a library brings a `tests` package along."""
