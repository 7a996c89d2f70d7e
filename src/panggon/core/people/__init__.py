"""Who holds a post and who stands in, how people sign in safely, and how long what speaks of them is kept."""
