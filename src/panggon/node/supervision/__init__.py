"""The machine's servers as processes: started, watched, ended, under systemd or without."""
