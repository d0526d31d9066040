"""The channels that people are told through: one file each, found by name."""
