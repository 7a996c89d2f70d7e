"""Carries out plans: observe what exists, write one resource after another under a journal, prove, or restore.

Promise: knows drivers only by the protocol in `core.node.planning.driver`; never imports Django, never starts a
process.
"""
