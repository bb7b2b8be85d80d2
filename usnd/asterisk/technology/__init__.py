"""How Asterisk reaches a trunk: what all technologies share, and what is PJSIP's own."""
