"""The subscriber's portal in the store: sessions, passwords and codes, counters, audit."""
