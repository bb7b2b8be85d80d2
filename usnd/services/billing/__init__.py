"""Files of CDRs: closed, written, delivered; interim records; their alarms."""
