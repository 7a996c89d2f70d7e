"""What a wish is on a hosting machine: resources, the plan to get there, its journal, and the bounds of sites there."""
