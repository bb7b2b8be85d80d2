"""The own PostgreSQL: opened, made to follow, kept aside."""
