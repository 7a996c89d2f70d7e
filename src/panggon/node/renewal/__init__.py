"""The owner of renewals: every certificate of this machine is renewed long before its end.

`python -m panggon.node.renewal --config FILE`.
"""
