"""The name of a template and of a model -> the text of a new spec, valid as it is, and what stands beside it."""

import re
from collections.abc import Mapping
from pathlib import Path

from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.specs.nearest import hint_for

FOLDER = Path(__file__).parent / "templates"
TEAM = "team"
TEMPLATES = ("binary", "multiclass", "regression", TEAM)
_NAME = re.compile(r"[a-z][a-z0-9-]{1,30}[a-z0-9]\Z")


def init_spec(template: str, name: str) -> str:
    """The text of `template` for a model called `name`; raises SpecError when either is not what it should be."""
    found = _name_problems(name)
    if template not in TEMPLATES:
        hint = hint_for(template, TEMPLATES, "templates")
        found.insert(0, Diagnostic("ML203", f"there is no template '{template}'", hint=hint))
    if found:
        raise SpecError(found)
    text = _file_of(template).read_text(encoding="utf-8")
    return re.sub(r"(?m)^name: .*$", f"name: {name}", text, count=1)


def files_beside(template: str) -> Mapping[str, str]:
    """The text of each file that a spec of `template` wants beside it, by its path: a team's library and settings."""
    spec = _file_of(template)
    folder = FOLDER / template
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".toml") and path != spec)
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}


def _file_of(template: str) -> Path:
    return FOLDER / template / f"{template}.yaml" if template == TEAM else FOLDER / f"{template}.yaml"


def check_name(name: str) -> None:
    """Raises SpecError when a model cannot be called `name`."""
    if found := _name_problems(name):
        raise SpecError(found)


def _name_problems(name: str) -> list[Diagnostic]:
    if _NAME.match(name):
        return []
    hint = "expected 3 to 32 lower-case letters, digits and -, beginning with a letter; --name gives one"
    return [Diagnostic("ML208", f"'{name}' cannot be the name of a model", hint=hint)]
