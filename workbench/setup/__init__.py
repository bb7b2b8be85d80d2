"""What a target needs of the machine, and how it gets it."""
