"""`${key.path}` in a composed tree: the spec itself, its environment's name, its commit; no circles, no explosion."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlspec.specs.paths import path_in

REFERENCE = re.compile(r"\$\{([^${}]+)\}")  # once written out; a column's name may hold more than words do
_WRITTEN = re.compile(r"\$\{(\.*)(\w[^${}:]*)\}")  # as in the texts: from here, env., git., spec.
COMMIT = "${git.commit}"
LARGEST = 20_000
_LOOKED_AT = 2_000
DEEPEST = 8


def refusal(text: str) -> str:
    """Why the interpolations of `text` are not allowed, or nothing: what is not a path could read the machine."""
    if "${" not in text:
        return ""
    if re.search(r"\$\{\s", text):
        return "no space follows ${"
    if "${" in _WRITTEN.sub("", text):
        return "no resolvers: neither the environment nor the clock may change what a spec says"
    for match in _WRITTEN.finditer(text):
        root, _, rest = match[2].partition(".")
        if not match[1] and root == "env" and rest != "name":
            return "${env.name} is the chosen environment; of the process environment nothing is read"
        if not match[1] and root == "git" and rest != "commit":
            return (
                "of git there is ${git.commit}: a branch, a tag or an author is not the same in every copy of a commit"
            )
    return ""


def refused_part(text: str) -> str:
    """The first interpolation of `text` that `refusal` is about, as it is written; nothing where that is far in it."""
    text = text[:_LOOKED_AT]
    for start in (match.start() for match in re.finditer(r"\$\{", text)):
        end = _closed(text, start)
        if end and refusal(text[start:end]):
            return text[start:end]
    return ""


def _closed(text: str, start: int) -> int:
    """Where the brace that opens at `start` has been closed; nothing where it never is."""
    depth = 0
    for match in re.compile(r"[{}]").finditer(text, start):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.end()
    return 0


def written_as(text: str, reference: str, path: tuple[str, ...]) -> str:
    """The first interpolation of `text`, which stands at `path`, that leads to `reference` or to what holds it."""
    for match in _WRITTEN.finditer(text) if reference else ():
        target = _path(match, {}, path)[2:-1]
        if f"{reference}.".startswith(f"{target}."):
            return match[0]
    return ""


def written_out(value: Any, known: Mapping[str, str], path: tuple[str, ...] = ()) -> Any:
    """`value` with what is `known` (`env.name`, `git.commit`) replaced, and `${spec.key}`, `${.key}` and `${..key}` as
    paths from the top."""
    if isinstance(value, Mapping):
        return {key: written_out(child, known, (*path, str(key))) for key, child in value.items()}
    if isinstance(value, list):
        return [written_out(child, known, (*path, str(index))) for index, child in enumerate(value)]
    return _WRITTEN.sub(lambda match: _path(match, known, path), value) if isinstance(value, str) else value


def _path(match: re.Match[str], known: Mapping[str, str], path: tuple[str, ...]) -> str:
    dots, reference = len(match[1]), match[2]
    if dots:
        above = (re.sub(r"[${}]", "?", part) for part in path[: max(0, len(path) - dots)])
        return "${" + ".".join([*above, reference]) + "}"
    if reference in known:
        return known[reference]
    return "${" + reference.removeprefix("spec.") + "}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the text at the dotted path, and what the interpolation that is to blame leads to; nothing
    where all of them together are."""

    path: str
    message: str
    reference: str = ""


def problems(tree: Mapping[str, Any]) -> list[Fault]:
    """Each text whose interpolations lead nowhere, in a circle, or to too much."""
    return _Walk(tree).run()


def depending(tree: Mapping[str, Any], faults: Sequence[Fault]) -> frozenset[str]:
    """The dotted paths of the faults, and those of all texts that take a value from one of them, or through others;
    of all that interpolate, where not all were followed because they come to too much."""
    taken = {path: REFERENCE.findall(text) for path, text in texts(tree) if "${" in text} if faults else {}
    if any(not fault.reference for fault in faults):
        return frozenset(taken)
    unknown = fresh = {fault.path for fault in faults}
    blocked: set[str] = set()
    while fresh:
        blocked |= fresh | {above for path in fresh for above in _above(path)}
        fresh = {path for path, named in taken.items() if path not in unknown and not blocked.isdisjoint(named)}
        unknown = unknown | fresh
    return frozenset(unknown)


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition(".")[0]:
        yield path


def nowhere_hint(tree: Mapping[str, Any], message: str, path: str) -> str:
    """What to write in the place of the reference at `path` that `message` says leads nowhere."""
    from mlspec.specs.nearest import nearest
    from mlspec.specs.schema import schemas_at

    found = REFERENCE.search(message)
    reference = found[1] if found else ""
    if not reference.startswith("data.columns.") and schemas_at(reference.split(".")):
        return "no layer sets it, and what the language has of its own is not interpolated: set it in the spec"
    close = nearest(reference, _keys(tree))
    near = f"did you mean '${{{close}}}'? " if close and not f"{path}.".startswith(f"{close}.") else ""  # no circle
    return near + "write the key's whole path, as mlspec explain lists them"


def _keys(value: Any, path: str = "") -> Iterator[str]:
    """Every dotted path below `value`."""
    for key, child in _items(value):
        below = f"{path}.{key}" if path else str(key)
        yield below
        yield from _keys(child, below)


class _Walk:
    """Follows every reference once, remembering how large each value becomes."""

    def __init__(self, tree: Mapping[str, Any]) -> None:
        self.tree = tree
        self.sizes: dict[str, int] = {}
        self.open: list[str] = []
        self.found: dict[str, Fault] = {}

    def run(self) -> list[Fault]:
        total = 0
        for path, text in texts(self.tree):
            if REFERENCE.search(text):
                total += self.size(path, text)
                if total > LARGEST:
                    self.report(path, f"interpolations add up to more than {LARGEST} characters")
                    break
        return list(self.found.values())

    def report(self, path: str, message: str, reference: str = "") -> None:
        self.found.setdefault(path, Fault(path, message, reference))

    def size(self, path: str, value: Any) -> int:
        """How many characters `value` at `path` becomes."""
        if not isinstance(value, str):
            return 1 + sum(self.size(f"{path}.{key}", child) for key, child in _items(value))
        if path in self.sizes or len(value) > LARGEST:
            return self.sizes.get(path, len(value))
        if path in self.open or len(self.open) >= DEEPEST:
            chain = " -> ".join([*self.open[-DEEPEST:], path])
            shape = "go in a circle" if path in self.open else f"are more than {DEEPEST} steps long"
            self.report(self.open[-1], f"the interpolations {shape}: {chain}", path)
            return 0
        self.open.append(path)
        size = len(value) + sum(self.target(path, match[1]) for match in REFERENCE.finditer(value))
        self.open.pop()
        self.sizes[path] = size
        return size

    def target(self, path: str, reference: str) -> int:
        if path.startswith(reference + "."):
            self.report(path, f"${{{reference}}} holds the value it stands in", reference)
            return 0
        value: Any = self.tree
        for part in path_in(self.tree, reference):
            value = _child(value, part)
        if value is _NOTHING:
            self.report(path, f"${{{reference}}} leads nowhere", reference)
            return 0
        return self.size(reference, value)


_NOTHING = object()


def _child(value: Any, part: str) -> Any:
    if isinstance(value, list):
        return value[int(part)] if part.isdecimal() and int(part) < len(value) else _NOTHING
    return value.get(part, _NOTHING) if isinstance(value, Mapping) else _NOTHING


def _items(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text below `value`, with its dotted path."""
    if isinstance(value, str):
        yield path, value
    for key, child in _items(value):
        yield from texts(child, f"{path}.{key}" if path else str(key))
