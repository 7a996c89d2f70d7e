"""What the machine has on record from one start to the next: of sites, and for their runs."""
