"""What this machine is: `node.toml`, and the bounds of what a portal may ask of it."""
