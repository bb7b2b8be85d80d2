"""Texts and the octets of their segments."""
