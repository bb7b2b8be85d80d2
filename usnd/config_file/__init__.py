"""How a configuration file of ours is read, and how a mistake in it is told. Used by usnd and the arbiter."""
