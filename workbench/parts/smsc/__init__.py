"""SMSCs and ESMEs of several makes."""
