"""Every decision of the node. Owns rules and states; refuses I/O, clocks, randomness and threads."""
