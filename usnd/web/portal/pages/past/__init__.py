"""What was: past conferences, recordings, use, calls and texts."""
