"""What can be wrong with a node: the catalogue of alarms, what is kept of each, and when a value is one."""
