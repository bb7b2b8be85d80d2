"""Real parts on a workstation: unpacks, starts and stops them for demo, play and tests. Not shipped."""
