"""What the running daemon shows of itself."""
