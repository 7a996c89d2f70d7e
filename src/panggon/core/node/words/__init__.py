"""What machines plan, prove and stumble over, in sentences for people."""
