"""The version of Panggon that this program is."""

from importlib import metadata

VERSION = metadata.version("panggon")
