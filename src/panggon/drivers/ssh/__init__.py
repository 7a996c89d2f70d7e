"""The SSH server, as its clients see it."""
