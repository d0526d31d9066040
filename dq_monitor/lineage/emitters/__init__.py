"""Where OpenLineage events go: one file each, found by its name in `lineage.kind`."""
