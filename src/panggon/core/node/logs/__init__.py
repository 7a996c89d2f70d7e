"""What logs say: whose a line is, who came in over SFTP, how visitors were answered."""
