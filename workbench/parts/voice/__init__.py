"""Asterisk, the mobile switch, sipp, and what is heard on the wire."""
