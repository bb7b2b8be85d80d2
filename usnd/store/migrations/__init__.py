"""How the schema came to be, step by step; migrate.py runs it."""
