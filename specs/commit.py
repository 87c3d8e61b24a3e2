"""`${git.commit}` in a composed tree -> the commit, asked for once, and told where it does not say all."""

from collections.abc import Callable
from typing import Any

from mlspec.specs.diagnostics import Diagnostic, Severity, SpecError
from mlspec.specs.interpolation import COMMIT, texts
from mlspec.specs.layers import Place, nearest_place

_DIRTY = "-dirty"


def no_commit() -> str:
    """The answer where a spec is read outside of any repository: raises SpecError."""
    hint = "compile the spec from its repository, or leave ${git.commit} out"
    raise SpecError([Diagnostic("ML315", "there is no commit to name", hint=hint)])


def read_commit(tree: Any, places: Place, ask: Callable[[], str], found: list[Diagnostic]) -> str:
    """The commit that `tree` names, or nothing where it names none. That there is none is reported at each place that
    names it; so is, as a warning, that the files are not as they were committed."""
    named = [path for path, text in texts(tree) if COMMIT in text]
    if not named:
        return ""
    try:
        commit = ask()
    except SpecError as error:
        (told,) = error.diagnostics
        found.extend(_at(places, path, told.message, told.hint) for path in named)
        return ""
    if commit.endswith(_DIRTY):
        message = "files of the repository are not as they were committed: the commit named here does not tell them"
        hint = "commit them; --strict refuses to compile before"
        found.extend(_at(places, path, message, hint, Severity.WARNING) for path in named)
    return commit


def _at(places: Place, path: str, message: str, hint: str, severity: Severity = Severity.ERROR) -> Diagnostic:
    origin = nearest_place(places, path.split(".")).origin
    code = "ML316" if severity is Severity.WARNING else "ML315"
    return Diagnostic(code, message, origin.span, path, hint, origin.text, severity)
