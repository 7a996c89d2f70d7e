"""Where holders of earlier versions look for the gate: during an update one of them may start this one."""

from panggon.node.gate import main

__all__ = ["main"]
