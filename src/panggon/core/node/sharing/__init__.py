"""What all sites share of a machine, and who has to give some of it back: processors, memory."""
