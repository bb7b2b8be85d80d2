"""The lab's faults: a row each, what is seen of them, and what they cost."""
