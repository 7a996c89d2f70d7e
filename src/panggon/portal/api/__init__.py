"""The interface for other programs: the same rules as the pages, through the same selectors and services."""
