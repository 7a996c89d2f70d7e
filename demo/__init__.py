"""The demonstration: a private stack of real servers, and one case carried through the nine steps by its clients."""
