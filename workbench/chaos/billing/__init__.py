"""Billing under faults: a month of calls, the export killed at each step, an independent checker."""
