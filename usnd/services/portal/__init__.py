"""The subscriber's portal: signs people in, and does what they ask for, each for themselves only."""
