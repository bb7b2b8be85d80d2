"""The configuration of usnd, by section, and what is made of it for Asterisk."""
