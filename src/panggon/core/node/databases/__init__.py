"""What one site may take of a database server that all sites share: sessions, connections, space."""
