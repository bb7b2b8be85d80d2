"""What a subscriber has: users, groups, instant conferences."""
