"""Where a command writes: what cannot be written is told in words, where that can be known before the work."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click


class OutFile(click.Path):
    """A click type for a file to write, in a folder that is there."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, writable=True, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """click's: the path, or a usage error."""
        path = Path(str(super().convert(value, param, ctx)))
        if not path.parent.is_dir():
            self.fail(f"there is no folder {path.parent}", param, ctx)
        return path


@contextmanager
def writing(out: Path, *, beside: bool = False) -> Iterator[None]:
    """What writes below `out`, or is `out`; raises UsageError for what the system refuses. `beside`: through another
    file, which nobody knows by name."""
    try:
        yield
    except OSError as error:
        place = out if beside else error.filename or out
        raise click.UsageError(f"cannot write {place}: {error.strerror or error}") from error
