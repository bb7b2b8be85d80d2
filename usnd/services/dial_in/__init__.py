"""Calls that come in, until each is in a conference or refused."""
