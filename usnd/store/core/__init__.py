"""The writer thread, its connection, and how statements run."""
