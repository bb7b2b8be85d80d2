"""The commands `usnd cdr …`: records, their files, how billing gets them."""
