"""The real servers that tests, demo and benchmarks run on, without root."""
