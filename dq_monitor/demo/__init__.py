"""The reference pipeline: flights out of New York in 2013, delivered day by day."""
