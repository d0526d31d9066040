"""Pipelines: what is declared, what it reads, and how it runs through the gate."""
