"""What decides about electronic signatures."""
