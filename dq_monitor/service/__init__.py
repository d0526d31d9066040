"""The long-running service: API, scheduler, and what keeps both alive."""
