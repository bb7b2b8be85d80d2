"""The depot: everything that a node installs, built once on a maintainer's machine, in one file.

Debian's packages with all they depend on, Asterisk rebuilt for the node's release, the wheels of `usnd`.
"""
