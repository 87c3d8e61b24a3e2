"""A bar on a terminal while a folder of specs is compiled, nothing elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mlspec.cli.fleet_outcomes import Outcome
from mlspec.cli.terminal import is_terminal

_FRAME = 0.1  # seconds from one picture of the bar to the next


@contextmanager
def progress(total: int) -> Iterator[Callable[[Outcome], None]]:
    """What is to be told each outcome. The bar has no thread of its own: workers are forked while it stands."""
    if not is_terminal() or not sys.stderr.isatty():
        yield lambda outcome: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        task, shown = bar.add_task("", total=total), 0.0

        def told(outcome: Outcome) -> None:
            nonlocal shown
            bar.update(task, advance=1, description=outcome.spec)
            if (now := time.monotonic()) - shown > _FRAME:
                bar.refresh()
                shown = now

        yield told
