"""OpenLineage: what is said of each step, and where it is sent."""
