"""The owner of the sites' databases: watches how large they are, and makes and loads copies for their owners.

`python -m panggon.node.databases --config FILE`.
"""
