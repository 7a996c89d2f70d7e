"""Papers: what the office writes down, as PDF made from the facts of a case by templates that a department may edit."""
