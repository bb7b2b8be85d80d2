"""What the CRM is answered by the key of its orders, its bulks, and the terminals that may ask."""
