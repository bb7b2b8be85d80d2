"""The trunks: which way a call goes, and how numbers are written there."""
