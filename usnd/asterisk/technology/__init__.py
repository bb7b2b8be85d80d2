"""What is PJSIP's own: endpoints, contacts, certificates."""
