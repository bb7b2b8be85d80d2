"""Real parts on a workstation: unpacks, starts and stops them for demo, play and tests. Not shipped."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The checkout."""
