"""What the daemon does all day: carries events to the domain, commits its decisions, then acts on them.

Owns the order "commit, then act". Refuses decisions (domain) and protocols (smpp, asterisk, store).
"""
