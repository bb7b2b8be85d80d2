"""What was: conferences that are over, told in order, and the days that somebody asks about."""
