"""The command `usnd`: one file a noun."""
