"""The independent checker: files that awk, sha256sum and sqlite3 are given, and who starts them."""
