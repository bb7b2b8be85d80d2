"""A conference that runs: its model, its transitions, and what may be done in it."""
