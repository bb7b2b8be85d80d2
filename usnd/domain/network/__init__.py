"""Hosts and networks, as an operator writes them."""
