"""The `dqm` command: one file each, found by name."""
