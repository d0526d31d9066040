"""The gate: how a batch is staged, judged, committed or refused, and undone."""

from dq_monitor.gate.gate import Gate, Outcome, Write

__all__ = ["Gate", "Outcome", "Write"]
