"""One module a system: read, write, probe (see `core.node.planning.driver`). Drivers do not know each other.

Their helpers are in rooms by the system that they speak to; `system.shell` alone starts processes. `fake` is the
machine in memory.
"""
