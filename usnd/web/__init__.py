"""The sites behind nginx: HTTP over a Unix socket. They read the database; usnd alone writes."""
