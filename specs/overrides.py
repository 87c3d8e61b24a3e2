"""`key=value`, `+key=value` and `~key` of the command line -> overrides that are safe to hand to Hydra."""

import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from mlspec.specs.defaults_list import GROUPS, PROFILE
from mlspec.specs.diagnostics import Diagnostic
from mlspec.specs.interpolation import refusal, texts
from mlspec.specs.nearest import hint_for
from mlspec.specs.paths import path_in
from mlspec.specs.stand_ins import StandIns
from mlspec.specs.yaml_nodes import DEEPEST

_KEY = re.compile(r"[A-Za-z_][\w-]*(\.[\w-]+)*\Z", re.ASCII)
_WRITTEN = re.compile(r"(\+\+|\+|~|)([^=]*)((?:=.*)?)", re.DOTALL)  # sign, key, and what it becomes
_BELOW = re.compile(r"([A-Za-z_][\w-]*)(?:\.|\[\d)")  # the key of a block, where more of the path follows
_NAMED = re.compile(r"\$\{\.*[\w.-]+\}", re.ASCII)  # what an override's value can interpolate
_LONGEST = 4096
_HINT = "write key.path=value, +key.path=value or ~key.path; quote a text that holds a comma: 'key=\"a,b\"'"
_SIGNS: dict[str, Literal["set", "add", "remove"]] = {"": "set", "++": "set", "+": "add", "~": "remove"}


@dataclass(frozen=True, slots=True)
class Override:
    """One override as it was written: what it does to which key, and the value; `path` is the key's, as far as it is
    known without the tree."""

    text: str
    key: str
    path: tuple[str, ...]
    changes: Literal["set", "add", "remove"]
    value: Any

    @property
    def deletes(self) -> bool:
        """Whether it takes the key away."""
        return self.changes == "remove"

    @property
    def chooses(self) -> bool:
        """Whether it names files of a library: a profile, or by its name a file of another group."""
        group = self.path[0] if len(self.path) == 1 else ""
        return group == PROFILE or (group in GROUPS and not self.deletes and isinstance(self.value, str))

    def at(self, tree: Any) -> "Override":
        """The same with the path that its key has in `tree`."""
        return replace(self, path=path_in(tree, self.key))

    def hydra(self, names: StandIns) -> str:
        """What Hydra is given. Its plain `key=value` wants the key to be there already. Here a key may come from the
        language's own defaults, and one that no block knows is told later with the nearest right word: so each is set,
        new or not."""
        sign, _, rest = _words(self.text)
        return f"{'++' if self.changes == 'set' else sign}{names.key(self.path)}{rest}"


def parse_overrides(given: Sequence[str], known: Iterable[str], found: list[Diagnostic]) -> list[Override]:
    """The overrides that are understood; those that are not become diagnostics."""
    if not given:
        return []
    words = [*known, "profile"]
    parsed = (_parse(text, words, found) for text in given)
    return [override for override in parsed if override is not None]


def group_choice(overrides: Iterable[Override]) -> dict[str, list[str]]:
    """By group, the files of a library that the command line chooses for those that the spec names."""
    choice: dict[str, list[str]] = {}
    for override in overrides:
        if override.chooses:
            value = [] if override.deletes else override.value
            choice[override.path[0]] = [str(name) for name in (value if isinstance(value, list) else [value])]
    return choice


def _parse(text: str, known: list[str], found: list[Diagnostic]) -> Override | None:
    """The override, or None after reporting why `text` is none."""
    sign, key, rest = _words(text)
    below = _BELOW.match(key)
    whole = key == key.strip() and ".." not in key and not key.endswith(".")
    odd = below is not None and below[1] in known and whole and not _KEY.match(key)
    said = f"{sign}{below[1]}{rest}" if odd and below else text  # a column's name may hold what Hydra's grammar has not
    parsed: Any = _hydra_parse(said) if "=" in text or text.startswith("~") else "has no '='"
    problem = ("ML305", parsed, _HINT) if isinstance(parsed, str) else _problem(parsed, known)
    if problem is not None:
        code, message, hint = problem
        shown = text[:200].encode("ascii", "backslashreplace").decode() if not text.isprintable() else text[:200]
        found.append(Diagnostic(code, f"override '{shown}' {message}", hint=hint, line=shown))
        return None
    return Override(text, key, path_in({}, key), _SIGNS[sign], parsed.value())


def _words(text: str) -> tuple[str, str, str]:
    """Its sign, its key, and the rest from `=` on."""
    match = _WRITTEN.match(text)
    assert match is not None  # every part of it may be empty
    return match[1], match[2], match[3]


def _problem(parsed: Any, known: list[str]) -> tuple[str, str, str] | None:
    """Code, message and hint of an override that Hydra understands and a spec does not."""
    key = parsed.key_or_group
    if parsed.package is not None or not _KEY.match(key):
        return "ML305", "does not begin with a key of a spec", _HINT
    if (first := key.split(".")[0]) not in known:
        return "ML306", f"sets '{first}', which is not a key of a spec", hint_for(first, known, "keys")
    if parsed.is_sweep_override() or parsed.is_list_extend():
        return "ML305", "stands for several values", "a list is written [a,b]"
    if _depth(parsed.value()) > DEEPEST:
        return "ML305", f"nests values more than {DEEPEST} deep", ""
    if hint := next((why for _, part in texts(parsed.value()) if (why := refusal(part))), ""):
        return "ML307", "interpolates more than ${key.path}", hint
    if any("${" in _NAMED.sub("", part) for _, part in texts(parsed.value())):
        return "ML305", "interpolates a name that holds more than letters, digits, _ and -", "write that in the spec"
    return None


def _depth(value: Any) -> int:
    """How deeply `value` nests, counted level by level, as it may be deeper than Python's stack."""
    depth, level = 0, [value]
    while level:
        depth += 1
        inner = [item for item in level if isinstance(item, dict | list)]
        level = [child for item in inner for child in (item.values() if isinstance(item, dict) else item)]
    return depth


def _hydra_parse(text: str) -> Any:
    """Hydra's parsed override, or the reason why there is none."""
    if len(text) > _LONGEST or not text.isprintable():
        return "is too long, or holds control characters"
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return OverridesParser.create().parse_override(text)
    except (HydraException, RecursionError, ValueError) as error:
        return _reason((str(error).splitlines() or [""])[0])


def _reason(parser: str) -> str:
    """What the parser's own words, which are of its grammar, come to."""
    at = re.search(r"at(?: input|:)? '(.*)'", parser) or re.search(r"(?:input|extraneous input) '([^']*)'", parser)
    if at is None or at[1] == "<EOF>":
        return "ends too early"
    return f"is not understood at '{at[1]}'"
