"""The owner of the sites' logs: splits what nginx and PHP wrote into `<root>/sites/<id>/logs`, and keeps all in bounds.

`python -m panggon.node.logs --config FILE`.
"""

from panggon.node.logs.settings import LogSettings

__all__ = ["LogSettings"]
