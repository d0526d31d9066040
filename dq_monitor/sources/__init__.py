"""The kinds of file that a pipeline reads: one file each, found by name."""
