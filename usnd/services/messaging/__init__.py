"""Texts in and out, between the SMSC links and the store."""
