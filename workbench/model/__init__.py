"""The model of two servers that the pair's rules are proven on."""
