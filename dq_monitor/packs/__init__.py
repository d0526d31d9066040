"""Reads rule packs: YAML in, typed packs out, every error at once with its line and column."""

from dq_monitor.packs.load import load_files, load_pack, load_packs, pack_files, parse_pack
from dq_monitor.packs.schema import json_schema

__all__ = ["json_schema", "load_files", "load_pack", "load_packs", "pack_files", "parse_pack"]
