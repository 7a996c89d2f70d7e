"""A zone on its name servers: asked, changed, read as a whole; what of it is ours, what others hold, what is proven."""
