"""What subscribers are told by text."""
