"""The commands about the portal: its site, and what an operator does for a subscriber of it."""
