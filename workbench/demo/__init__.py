"""`make demo` and `make play`."""
