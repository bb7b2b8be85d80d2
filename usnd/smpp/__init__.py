"""The SMPP 3.4 edge. Owns PDUs, sessions, links and text coding; refuses to decide what a text means."""
