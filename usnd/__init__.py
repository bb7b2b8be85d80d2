"""The Universal Service Node: a text becomes a conference. Start at daemon.py; decisions are in domain/."""
