"""Where certificates come from, and whether one is fit."""
