"""What words mean: conduct, reply intent and content, judged offline by rules that a person can read."""
