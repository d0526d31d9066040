"""Sets up what a running service logs: one JSON line each on stderr, ids as fields."""

from __future__ import annotations

import logging
import sys

import structlog

NOISY = ("uvicorn", "apscheduler", "streamlit")


def log_to_stderr(level: str) -> None:
    """Log from `level` on; the libraries underneath only say what went wrong."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)
