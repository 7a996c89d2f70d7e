"""Values in, values out.

Promise: nothing in this package touches Django, the clock, files, the network or processes, and it imports only the
pure part of the standard library. Every rule of the service is decided here; the effects happen at the edge.
"""
