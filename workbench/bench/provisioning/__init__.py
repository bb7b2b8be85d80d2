"""`make bench-provisioning`: creates a second beside what the same database commits; texts; a million."""
