"""Hypothesis finds the same examples in each run, and no machine is too slow for it."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "usn", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("usn")
