"""What a wish is on a machine and the way there: resources, the plan, its journal, what a portal may ask."""
