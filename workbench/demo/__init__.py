"""`make demo`, `make demo-provisioning`, `make demo-billing` and `make play`."""
