"""The progress bar of long commands: on a terminal's stderr, and nowhere else."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


def progress_bar() -> Progress:
    """Return a bar that vanishes when it is done; a task's field `step` says what goes on."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[step]}", style="dim"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
        redirect_stdout=False,
    )
