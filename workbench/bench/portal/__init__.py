"""`make bench-portal`: subscribers who browse, live pages, texts beside them, and what a peer's stream
costs.
"""
