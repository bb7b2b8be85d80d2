"""Recordings: their life, their files, and who switches them on."""
