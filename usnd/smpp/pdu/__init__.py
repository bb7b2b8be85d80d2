"""SMPP 3.4 PDUs: octets and values."""
