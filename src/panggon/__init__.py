"""Panggon: the public hosting service of a city government, from the letter to the live site."""
