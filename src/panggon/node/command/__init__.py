"""The command line `panggon-node`."""
