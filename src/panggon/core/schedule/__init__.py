"""The office's time: its calendar, working days and hours, and the clock of the service standard."""
