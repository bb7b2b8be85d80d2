"""Messages of any kind: in, out, in parts, in doubt."""
