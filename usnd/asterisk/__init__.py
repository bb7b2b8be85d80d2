"""The link to Asterisk: AMI, the calls placed over it, and the dialplan.

usnd/services calls it and hears from it. It decides nothing: whom to call is decided in usnd/domain.
"""
