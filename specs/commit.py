"""`${git.commit}` in a composed tree -> the commit, asked for once, and told where it does not say all."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mlspec.specs.diagnostics import Diagnostic, Severity, SpecError
from mlspec.specs.interpolation import COMMIT, texts
from mlspec.specs.layers import Place, nearest_place
from mlspec.specs.paths import path_in

_DIRTY = "-dirty"
_NOT_AS_COMMITTED = Diagnostic(
    "ML316",
    "files of the repository are not as they were committed: the commit named here does not tell them",
    hint="commit them; --strict refuses to compile before",
    severity=Severity.WARNING,
)


def no_commit() -> str:
    """The answer where a spec is read outside of any repository: raises SpecError."""
    hint = "compile the spec from its repository, or leave ${git.commit} out"
    raise SpecError([Diagnostic("ML315", "there is no commit to name", hint=hint)])


def read_commit(tree: Any, places: Place, ask: Callable[[], str], found: list[Diagnostic]) -> str:
    """The commit that `tree` names, or nothing where it names none. That there is none is reported at each place that
    names it; so is, as a warning, that the files are not as they were committed."""
    named = [(path, text) for path, text in texts(tree) if COMMIT in text]
    if not named:
        return ""
    try:
        commit = ask()
    except SpecError as error:
        (told,) = error.diagnostics
        found.extend(_at(tree, places, *one, replace(told, code="ML315")) for one in named)
        return ""
    if commit.endswith(_DIRTY):
        found.extend(_at(tree, places, *one, _NOT_AS_COMMITTED) for one in named)
    return commit


def _at(tree: Any, places: Place, path: str, text: str, told: Diagnostic) -> Diagnostic:
    origin = nearest_place(places, path_in(tree, path)).origin
    part = "" if text == COMMIT else COMMIT
    return replace(told, span=origin.span, path=path, line=origin.text, part=part)
