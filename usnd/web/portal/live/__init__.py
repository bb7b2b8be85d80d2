"""The page of a running conference while it is open: it is sent what changes at once (REQUIREMENTS W2)."""
