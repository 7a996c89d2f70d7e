"""The procedure of the SK for a request: its words, its table, and what each step needs."""
