"""The table formats that a guarded write commits to."""
