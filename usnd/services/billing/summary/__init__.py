"""Makes usage summaries, and their files (REQUIREMENTS B4)."""
