"""Every decision of the node: rules and tables of states, in pure functions.

No I/O, no clock, no randomness, no thread: whoever calls gives the time and carries out what was decided.
"""
