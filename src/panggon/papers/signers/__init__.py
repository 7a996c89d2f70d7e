"""The ways of signing, behind one interface."""
