"""The emulated machine: a whole server with a kernel of its own, for what a workstation's kernel has not.

QEMU emulates all of it: neither hardware nor KVM is needed. Bonds, softdog and DAHDI load there.
"""
