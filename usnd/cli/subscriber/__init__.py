"""The commands `usnd subscriber`: who may use the node, what each may, and their directories."""
