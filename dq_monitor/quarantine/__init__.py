"""Quarantine as a life cycle: looked through, waived, replayed, forgotten."""
