"""What rules found in files that never change, kept: checking again costs what has changed."""
