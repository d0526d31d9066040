"""Readers of other tools' results: one file each, found by name."""
