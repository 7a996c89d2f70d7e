"""The service standard and its SOP, printed from the tables, and where its words say otherwise than the system does."""
