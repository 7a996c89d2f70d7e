"""Handling a complaint: its words, its table, its deadlines, and what an e-mail to the office is."""
