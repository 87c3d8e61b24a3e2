"""A stack's state on disk: written whole or not at all, with the previous one, a lock and a journal beside it."""

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.targets.local.engine.errors import DeployError, deploy_error
from mlspec.targets.local.engine.state_journal import Journal, replay
from mlspec.targets.local.engine.state_lock import hold

if TYPE_CHECKING:
    from mlspec.compiler.state import State

Document = dict[str, Any]
Write = Callable[[int, bytes], int]


class StateStore:
    """The state of one stack, at `path`; `<path>.previous`, `.lock` and `.journal` lie beside it.

    `write` is how bytes reach a file descriptor."""

    def __init__(self, path: Path, *, write: Write = os.write) -> None:
        self.path = path
        self._write = write

    def load(self) -> "State | None":
        """The recorded state with what an interrupted apply had done; None when there is none. Raises SpecError."""
        from mlspec.compiler.state import parse_state

        document = self.document()
        return None if document is None else parse_state(document)

    def document(self) -> Document | None:
        """The same as plain JSON values."""
        return replay(self._snapshot(), self._beside("journal"))

    @contextmanager
    def lock(self, *, wait: float = 10.0) -> Iterator[None]:
        """Hold the stack for this process; raises LockHeld when another has it for longer than `wait` seconds."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with hold(self._beside("lock"), wait=wait):
            yield

    def journal(self, header: Document) -> Journal:
        """A journal for an apply that starts from the snapshot; it writes nothing before the first change."""
        return Journal(self._beside("journal"), header, write=self._write)

    def save(self, document: Document) -> None:
        """Write `document` in place of the state, which becomes the previous one, and end the journal."""
        from mlspec.compiler.state import parse_state, print_state

        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._beside("partial")
        try:
            _write_file(partial, print_state(parse_state(document)), self._write)
            self._keep_previous()
            os.replace(partial, self.path)
            _sync_folder(self.path.parent)
        except OSError as error:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise unwritable(self.path, error) from error
        self._beside("journal").unlink(missing_ok=True)

    def _keep_previous(self) -> None:
        if not self.path.exists():
            return
        link = self._beside("previous.partial")
        link.unlink(missing_ok=True)
        os.link(self.path, link)
        os.replace(link, self._beside("previous"))

    def _snapshot(self) -> Document | None:
        from mlspec.compiler.state import parse_state, state_document

        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            return state_document(parse_state(content, file=str(self.path)))
        except SpecError as error:
            raise DeployError(self._advised(error.diagnostics)) from error

    def _advised(self, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
        """The same, with the way back: the state before it, where that one is whole."""
        from mlspec.compiler.state import parse_state

        previous = self._beside("previous")
        try:
            serial = parse_state(previous.read_bytes()).serial
        except (OSError, SpecError):
            return list(diagnostics)
        hint = f"the one before it (serial {serial}) is whole: mv {previous} {self.path}"
        return [replace(diagnostic, hint=hint) for diagnostic in diagnostics]

    def _beside(self, suffix: str) -> Path:
        return self.path.with_name(f"{self.path.name}.{suffix}")


def unwritable(path: Path, error: OSError) -> DeployError:
    """What to say when a state cannot be written: the one on disk is still the old one."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    reason = "the disk is full" if full else (error.strerror or str(error)).lower()
    hint = "make room and apply again: " if full else "apply again once it can be written: "
    return deploy_error(
        "ML511", f"the state {path} cannot be written: {reason}",
        hint=hint + "what was there is intact, and what this run did is found again",
    )  # fmt: skip


def _write_file(path: Path, content: bytes, write: Write) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        view = content
        while view:
            view = view[write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
