"""`${key.path}` in a composed tree: the spec itself, its environment's name, its commit; no circles, no explosion."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

REFERENCE = re.compile(r"\$\{([A-Za-z_][\w-]*(?:\.[\w-]+)*)\}")
_WRITTEN = re.compile(r"\$\{(\.*)([A-Za-z_][\w-]*(?:\.[\w-]+)*)\}")  # as in the texts: from here, env., git., spec.
COMMIT = "${git.commit}"
LARGEST = 20_000
DEEPEST = 8


def refusal(text: str) -> str:
    """Why the interpolations of `text` are not allowed, or nothing: what is not a path could read the machine."""
    if "${" not in text:
        return ""
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
        return "${" + ".".join([*path[: max(0, len(path) - dots)], reference]) + "}"
    if reference in known:
        return known[reference]
    return "${" + reference.removeprefix("spec.") + "}"


def problems(tree: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Dotted path and message of each interpolation that leads nowhere, in a circle, or to too much."""
    return _Walk(tree).run()


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
        self.found: dict[str, str] = {}

    def run(self) -> list[tuple[str, str]]:
        total = 0
        for path, text in texts(self.tree):
            if REFERENCE.search(text):
                total += self.size(path, text)
                if total > LARGEST:
                    self.found.setdefault(path, f"interpolations add up to more than {LARGEST} characters")
                    break
        return list(self.found.items())

    def size(self, path: str, value: Any) -> int:
        """How many characters `value` at `path` becomes."""
        if not isinstance(value, str):
            return 1 + sum(self.size(f"{path}.{key}", child) for key, child in _items(value))
        if path in self.sizes:
            return self.sizes[path]
        if path in self.open or len(self.open) >= DEEPEST:
            chain = " -> ".join([*self.open[-DEEPEST:], path])
            shape = "go in a circle" if path in self.open else f"are more than {DEEPEST} steps long"
            self.found.setdefault(self.open[-1], f"the interpolations {shape}: {chain}")
            return 0
        self.open.append(path)
        size = len(value) + sum(self.target(path, match[1]) for match in REFERENCE.finditer(value))
        self.open.pop()
        self.sizes[path] = size
        return size

    def target(self, path: str, reference: str) -> int:
        if path.startswith(reference + "."):
            self.found.setdefault(path, f"${{{reference}}} holds the value it stands in")
            return 0
        value: Any = self.tree
        for part in reference.split("."):
            value = _child(value, part)
        if value is _NOTHING:
            self.found.setdefault(path, f"${{{reference}}} leads nowhere")
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
