"""Telephone numbers as people write them."""
