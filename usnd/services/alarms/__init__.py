"""The alarms that are raised: in memory, in the journal, in the store."""
