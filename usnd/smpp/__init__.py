"""SMPP 3.4, the link to the SMSCs: PDUs, sessions, binds, and the alphabets of texts.

usnd/services/messaging calls it and gets the texts. What a text means is not decided here.
"""
