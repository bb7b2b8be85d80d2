"""What a call detail record says."""
