"""How the schema came to be, step by step; run by usnd/store/migrate.py."""
