"""`make demo`, `make demo-provisioning` and `make play`."""
