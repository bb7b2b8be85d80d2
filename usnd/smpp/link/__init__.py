"""One bind to one SMSC, kept up."""
