"""Names and references that Hydra's and OmegaConf's grammars cannot say -> words that they can, and back."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

_SAYABLE = re.compile(r"[A-Za-z0-9_][\w-]*", re.ASCII)


class StandIns:
    """For each name in `paths` that needs one, another for as long as a tree is in their hands."""

    def __init__(self, paths: Iterable[Iterable[str]]) -> None:
        names = dict.fromkeys(part for path in paths for part in path if not _SAYABLE.fullmatch(part))
        self._names = {name: f"__name_{number}__" for number, name in enumerate(names)}

    def key(self, path: Iterable[str]) -> str:
        """`path` with dots between its parts."""
        return ".".join(self._names.get(part, part) for part in path)

    def put(self, tree: Any) -> Any:
        """`tree` with them in place."""
        return _renamed(tree, self._names) if self._names else tree

    def taken_out(self, tree: Any) -> Any:
        """`tree` with its own names again."""
        return _renamed(tree, {other: name for name, other in self._names.items()}) if self._names else tree


class HiddenTexts:
    """Texts that interpolate, kept from whoever would parse them: each is another text for as long."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def put(self, tree: Any) -> Any:
        """`tree` with other texts in their place."""
        return _each_text(tree, self._hidden)

    def taken_out(self, tree: Any) -> Any:
        """`tree` with the texts again, where they still stand."""
        return _each_text(tree, lambda text: self._texts.get(text, text))

    def _hidden(self, text: str) -> str:
        if "${" not in text:
            return text
        name = f"__text_{len(self._texts)}__"
        self._texts[name] = text
        return name


def _each_text(tree: Any, changed: Callable[[str], str]) -> Any:
    if isinstance(tree, Mapping):
        return {key: _each_text(child, changed) for key, child in tree.items()}
    if isinstance(tree, list):
        return [_each_text(child, changed) for child in tree]
    return changed(tree) if isinstance(tree, str) else tree


def _renamed(tree: Any, names: Mapping[str, str]) -> Any:
    if isinstance(tree, Mapping):
        return {names.get(key, key): _renamed(child, names) for key, child in tree.items()}
    return [_renamed(child, names) for child in tree] if isinstance(tree, list) else tree
