"""How a local command reaches the running daemon: a Unix socket, a line of JSON each way."""
