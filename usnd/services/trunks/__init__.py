"""The trunks of this node."""
