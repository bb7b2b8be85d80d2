"""What the CRM may ask for, how often it is done, and what it is answered. Pure."""
