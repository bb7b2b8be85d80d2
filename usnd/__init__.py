"""The Universal Service Node: a text becomes a conference. Start at app.py; decisions are in domain/."""
