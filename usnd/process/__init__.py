"""What every process of ours needs of its server: the journal, systemd, and that it runs once."""
