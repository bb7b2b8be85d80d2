"""The only SQL: schema, migrations, the writer thread, and a repository a noun. Rules are the domain's."""
