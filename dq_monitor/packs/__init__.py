"""Reads rule packs: YAML in, typed packs out, every error at once with its line and column."""
