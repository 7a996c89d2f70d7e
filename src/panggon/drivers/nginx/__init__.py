"""The agent's word to nginx, and what nginx answers."""
