"""The subscriber's portal: who is let in, for how long, by which password or code (REQUIREMENTS W1)."""
