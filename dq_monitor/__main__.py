"""Lets `python -m dq_monitor` stand for `dqm`."""

from dq_monitor.cli.main import main

if __name__ == "__main__":
    main()
