"""The rule types: one file each, found by name."""
