"""The voice edge. Owns AMI, call placing and the dialplan contract; refuses to decide who is called."""
