"""A file of CDRs as 3GPP TS 32.297 frames it, its records in ASN.1, encoded by BER. Pure."""
