"""Pages about many users at once: import, export, into a group."""
