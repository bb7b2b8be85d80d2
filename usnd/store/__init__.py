"""The only SQL. Owns schema, migrations, the writer thread and repositories; refuses rules."""
