"""Recordings between the conferences, Asterisk and the disk."""
