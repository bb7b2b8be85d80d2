"""The language of the commands, and what each does."""
