"""When something is an alarm."""
