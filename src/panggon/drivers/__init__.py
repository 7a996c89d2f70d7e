"""One module a system: read, write, probe (see `core.node.planning.driver`). Drivers do not know each other.

`files` and `shell` are helpers; only `shell` starts processes. `fake` is the machine in memory.
"""
