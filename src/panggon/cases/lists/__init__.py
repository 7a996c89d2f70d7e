"""How cases are paged, counted and written as tables."""
