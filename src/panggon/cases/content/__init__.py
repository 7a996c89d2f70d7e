"""What a request says, as forms, pages and papers need it."""
