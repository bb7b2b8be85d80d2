"""Many units of work in one commit, and commits that must happen."""
