"""The agent: asks the portal for wishes, carries them out, and looks after what is there meanwhile."""
