"""Past outreach and replies from a file: read line by line, checked as a delivery is, and published."""
