"""The pair's arbiter: which of two servers is active. Pure: evidence in, actions out."""
