"""Handling a security incident: its words, its table, and by when the law wants whom told."""
