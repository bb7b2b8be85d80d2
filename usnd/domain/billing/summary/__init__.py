"""The usage summary of a day for revenue assurance: which day, what is counted, how it is written. Pure."""
