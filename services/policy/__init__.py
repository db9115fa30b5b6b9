"""The judge: keeps the history, decides each decline by pure rules, and signs the permits."""
