"""What pages about the past are made of: times, words, charts, and files for spreadsheets."""
