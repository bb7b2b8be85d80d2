"""Whether Asterisk can be counted on, and which of its channels nobody ordered."""
