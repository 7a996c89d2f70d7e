"""Who is told what, by which way, in which words."""
