"""Certificates of the provisioning interface: until when they hold, who is revoked, who may do what."""
