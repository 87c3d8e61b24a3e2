"""A spec in an older version of the language -> the same spec in the current one; comments and layout stay."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from mlspec.specs.diagnostics import Diagnostic, Span, SpecError
from mlspec.specs.migrations_edits import Change, Edit, Old
from mlspec.specs.migrations_v1alpha1 import CHANGES as FROM_V1ALPHA1
from mlspec.specs.versions import CURRENT, check_version

_REFERENCE = re.compile(r"(?<!\\)\$\{(spec\.)?([A-Za-z_][A-Za-z0-9_.-]*)\}")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: the version it reads, the one it writes, and every difference between them."""

    old: str
    new: str
    changes: tuple[Change, ...]


MIGRATIONS: tuple[Migration, ...] = (Migration("mlspec/v1alpha1", "mlspec/v1", FROM_V1ALPHA1),)


@dataclass(frozen=True, slots=True)
class Migrated:
    """The text in the current version, and from which one it came (the current, where nothing was to be done)."""

    text: str
    version: str
    edits: int


def migrate_text(text: str, file: str, *, version: str = "") -> Migrated:
    """`text` in the current version; `version` is the one of a file that does not say so, as a library's does not.

    Raises SpecError when the text is no YAML, its version is not known, or something in it needs a person."""
    began = found = _version(text, file) or version or CURRENT
    edits = 0
    steps = {step.old: step for step in MIGRATIONS}
    while found != CURRENT:
        text, made = _step(text, file, steps[found])
        edits, found = edits + made, steps[found].new
    return Migrated(text, began, edits)


def _version(text: str, file: str) -> str:
    """What the spec says its version is; raises SpecError when that is neither current nor an older one."""
    node = next((entry.value for entry in Old(text, file).at("apiVersion")), None)
    if node is None:
        return ""
    span = Span(file, node.start_mark.line + 1, node.start_mark.column + 1, len(str(node.value)))
    check_version(node.value, span, migrating=True)
    return str(node.value)


def _step(text: str, file: str, step: Migration) -> tuple[str, int]:
    old = Old(text, file)
    edits = {edit for change in step.changes for edit in change.edits(old, change.path)}
    edits |= set(_references(old, step.changes))
    edits |= {_renumbered(old, node, step.new) for node in _versions(old)}
    told = dict.fromkeys(old.problems)
    told.update(dict.fromkeys(_conflicts(old, edits)))
    if told:
        raise SpecError(list(told))
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.new + text[edit.end :]
    return text, len(edits)


def _versions(old: Old) -> Iterator[Any]:
    return (entry.value for entry in old.at("apiVersion") if len(entry.path) == 1)


def _renumbered(old: Old, node: Any, version: str) -> Edit:
    quote = node.style or ""
    return Edit(old.start_of(node), node.end_mark.index, f"{quote}{version}{quote}")


def _conflicts(old: Old, edits: set[Edit]) -> Iterator[Diagnostic]:
    """A value that an alias repeats elsewhere, where it means something else."""
    ordered = sorted(edits)
    for before, after in pairwise(ordered):
        if after.start < before.end:
            line = old.text.count("\n", 0, after.start)
            column = after.start - old.text.rfind("\n", 0, after.start)
            message = "this value is repeated by an alias where it is written in another way now"
            yield Diagnostic("ML212", message, Span(old.file, line + 1, column), hint="write the values out")


def _references(old: Old, changes: Sequence[Change]) -> Iterator[Edit]:
    """`${key.path}` follows the keys it leads through."""
    moved = {change.path: change.moved for change in changes if change.moved}
    for node in old.scalars():
        written = old.written(node)
        for match in _REFERENCE.finditer(written):
            if re.match(r"data\.columns\.\d", match[2]):
                old.refuse(node, f"'{match[2]}' counts columns, which have names now", "name the column")
            path = _followed(match[2], moved)
            if path != match[2]:
                start = old.start_of(node) + match.start(2)
                yield Edit(start, start + len(match[2]), path)


def _followed(path: str, moved: Mapping[str, str]) -> str:
    """`path` with each part by its new name."""
    parts = path.split(".")
    new = [_tail(moved, parts[: length + 1]) for length in range(len(parts))]
    return ".".join(new)


def _tail(moved: Mapping[str, str], parts: Sequence[str]) -> str:
    for pattern, new in moved.items():
        words = pattern.split(".")
        if len(words) == len(parts) and all(a in ("*", b) for a, b in zip(words, parts, strict=True)):
            return new
    return parts[-1]


_INTRODUCTION = """\
# Migrations

`apiVersion` says which version of the language a spec is written in. This program reads `{current}`. An older spec is
refused with ML210, and `mlspec migrate SPEC...` rewrites it, one version after the other: keys and values change, and
every comment, every line break and everything else stays byte for byte. It takes folders; `--check` writes nothing and
exits with 2 when a spec is to be migrated; `--diff` shows what would change; `--from VERSION` is for files that do not
say their version, as those of a library. A spec that needs a person (ML212) is left as it was. What is current is left
alone, so that migrating twice is migrating once. Written from specs/migrations.py.
"""


def migrations_page() -> str:
    """docs/migrations.md (run as a module, it prints the page)."""
    parts = [_INTRODUCTION.format(current=CURRENT)]
    for step in MIGRATIONS:
        parts.append(f"## From {step.old} to {step.new}\n\n| key | in {step.new} |\n|---|---|")
        parts += [f"| `{change.path}` | {change.said} |" for change in step.changes]
        parts.append(
            "\nReferences such as `${deploy.bake}` follow the keys they lead through; overlays change "
            "as the spec does.\n"
        )
    return "\n".join(parts)


if __name__ == "__main__":
    print(migrations_page(), end="")
