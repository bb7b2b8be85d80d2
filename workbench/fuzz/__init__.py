"""`make fuzz-provisioning`: hostile terminals against provisioning, and the account of what others felt."""
