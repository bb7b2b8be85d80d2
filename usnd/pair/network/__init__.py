"""The paths to the peer, the bond, and who answers for an address."""
