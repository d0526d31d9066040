"""What a metric was before, and how far it lies from that now."""
