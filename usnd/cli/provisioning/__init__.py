"""The commands for provisioning: who may provision, and what was asked for."""
