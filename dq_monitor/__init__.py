"""dq-monitor: every write to a Delta table is audited before it commits."""
