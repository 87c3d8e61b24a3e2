"""Files as a spec's folder has them in, the same files as they are from here out: what is shown can be opened."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlspec.specs.diagnostics import Diagnostic, Span, SpecError

if TYPE_CHECKING:
    from mlspec.specs.checked import Checked
    from mlspec.specs.origins import Origin, Origins, Setting


def placed(diagnostics: Sequence[Diagnostic], folder: Path) -> tuple[Diagnostic, ...]:
    """With each file's path as it is from here; `folder` is the spec's."""
    if folder == Path():  # a file can have very many mistakes
        return tuple(diagnostics)
    return tuple(_placed(diagnostic, folder) for diagnostic in diagnostics)


@contextmanager
def placing(folder: Path) -> Iterator[None]:
    """What is raised in here is raised with its files as they are from here."""
    try:
        yield
    except SpecError as error:
        raise SpecError(placed(error.diagnostics, folder)) from None


def placed_checked(checked: "Checked", folder: Path) -> "Checked":
    """The checked spec, each of its values with its place as it is from here."""
    if folder == Path():
        return checked
    texts = {_from_here(file, folder): text for file, text in checked.texts.items()}
    return replace(checked, texts=texts, origins=_origins(checked.origins, folder))


def _placed(diagnostic: Diagnostic, folder: Path) -> Diagnostic:
    message, hint = diagnostic.message, diagnostic.hint
    also = tuple(_span(span, folder) for span in diagnostic.also)
    for old, new in zip(diagnostic.also, also, strict=True):
        message, hint = _named(message, old, new), _named(hint, old, new)
    span = _span(diagnostic.span, folder) if diagnostic.span else None
    return replace(diagnostic, span=span, message=message, hint=hint, also=also)


def _named(text: str, old: Span, new: Span) -> str:
    """`text` with the new place in it, or the new file where it names that alone."""
    return text.replace(str(old), str(new)) if str(old) in text else text.replace(old.file, new.file)


def _origins(origins: "Origins", folder: Path) -> "Origins":
    def origin(one: "Origin") -> "Origin":
        return replace(one, span=_span(one.span, folder)) if one.span else one

    def setting(one: "Setting") -> "Setting":
        return replace(one, origin=origin(one.origin))

    return replace(
        origins,
        by_path={path: origin(one) for path, one in origins.by_path.items()},
        history={path: tuple(map(setting, said)) for path, said in origins.history.items()},
        finals={key: replace(lock, span=_span(lock.span, folder)) for key, lock in origins.finals.items()},
    )


def _span(span: Span, folder: Path) -> Span:
    return replace(span, file=_from_here(span.file, folder))


def _from_here(file: str, folder: Path) -> str:
    """A file of a library that is a package has the package's name before it, and is nowhere near."""
    if ":" in file:
        return file
    path, here = os.path.normpath(folder / file), f"{os.getcwd()}{os.sep}"
    return path.removeprefix(here)
