"""`make bench-billing`: what billing costs, and what it costs others."""
