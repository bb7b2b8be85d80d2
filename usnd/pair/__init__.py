"""The pair's arbiter on a server: evidence from the edges, actions on the machine."""
