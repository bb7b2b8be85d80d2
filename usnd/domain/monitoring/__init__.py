"""Whether the daemon does its work."""
