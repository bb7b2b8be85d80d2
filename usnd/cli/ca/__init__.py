"""The commands `usnd ca`: the authority that issues the certificates of servers and terminals."""
