"""The certificate authority of the provisioning interface, and what every server reads of it."""
