"""Watches Asterisk."""
