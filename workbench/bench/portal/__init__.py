"""Measurements of the portal in a browser."""
