"""What an act takes in, what it asks of a case, and what it sets going; `services.act` is the door."""
