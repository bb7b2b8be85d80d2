"""Contacts in files, CSV and vCard: what they say, what an import does with it, and how users are written."""
