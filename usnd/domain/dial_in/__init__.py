"""Who may call into a conference: dialled numbers and PINs."""
