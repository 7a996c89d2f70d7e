"""The agent of a hosting machine and its command line `panggon-node`. No Django, no portal database."""
