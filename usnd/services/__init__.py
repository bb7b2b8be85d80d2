"""What the daemon does all day: carries events to the domain, commits its decisions, then acts on them.

The edges (smpp, asterisk, control) call in, the domain decides, the store commits; what goes out comes last.
"""
