"""What keeps sites from each other and from the machine, and which of it this machine really gives.

The walls of a sandbox (`walls`), the system calls that its programs may not make (`seccomp`), the network from which
only a gate leads out (`network`). `protections` tries each of them, and the bounds of control groups.
"""
