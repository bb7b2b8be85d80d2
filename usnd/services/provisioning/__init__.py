"""What the CRM orders: done once, never twice, never half (REQUIREMENTS P1 to P4)."""
