"""Faults, and the account of what they cost."""
