"""The owner of the scheduled tasks: starts each when its time has come, inside its site's sandbox, and ends it.

`python -m panggon.node.tasks --config FILE`.
"""

from panggon.node.tasks.settings import TaskSettings

__all__ = ["TaskSettings"]
