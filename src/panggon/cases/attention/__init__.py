"""Who is told because time passed, and whose turn it is."""
