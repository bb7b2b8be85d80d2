"""Records, the files that they go in, and until when calls were known to be up."""
