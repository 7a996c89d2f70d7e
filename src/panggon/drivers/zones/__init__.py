"""A zone on its name servers: asked, changed, read as a whole, and what marks a record as ours."""
