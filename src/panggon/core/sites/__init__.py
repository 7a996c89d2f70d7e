"""What a site may be (the spec), how its requests find their files, and its life after its case."""
