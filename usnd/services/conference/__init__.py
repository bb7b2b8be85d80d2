"""Live conferences: launched, followed, administered."""
