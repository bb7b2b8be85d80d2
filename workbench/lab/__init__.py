"""The lab: two bare servers, made into a pair by the project's own playbooks, on one machine.

The nodes are booted Debian 13 systems in systemd-nspawn; switches, cables, the SMSC, the mobile switch with
handsets and the remote consoles are around them, all in network namespaces without a way out. Needs root.
"""
