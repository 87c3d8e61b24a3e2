"""No text, however made, ends in anything but a checked spec or diagnostics."""

import json
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlspec.specs.checked import Checked
from mlspec.specs.codes import pages
from mlspec.specs.diagnostics import SpecError
from mlspec.specs.explain import explain
from mlspec.specs.load import load_spec
from mlspec.specs.render import render_github, render_json, render_sarif, render_text
from mlspec.specs.yaml_text import split_lines
from tests.specs.conftest import GOOD

MARKS = ["${", "}", "${name}", "*a", "&a ", "!t ", "? ", "- ", ": ", "{", "[", "]", "#", "'", '"', "|", ">", "\n", "\t"]
WORDS = ["???", "null", "~", "_self_", "profile", "%", "5%", "1e400", "0x", "<<: ", "...", "\u2028", "\ufeff", "é"]
TOKENS = st.sampled_from([*MARKS, *WORDS])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | TOKENS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
TREE: dict[str, Any] = yaml.load(GOOD.replace("{on:", "{'on':"), yaml.SafeLoader)
RELAXED = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def outcome(data: bytes, folder: Path, **options: Any) -> Checked | SpecError:
    path = folder / "spec.yaml"
    path.write_bytes(data)
    try:
        return load_spec(path, **options)
    except SpecError as error:
        refused = error
    found = refused.diagnostics
    assert found
    assert all(d.code in pages() and d.message for d in found)
    lines = len(split_lines(data.decode("utf-8", "replace")))
    own = [d.span.line for d in found if d.span and d.span.file == path.name]  # others are of shipped profiles
    assert all(1 <= line <= lines for line in own)
    assert len(json.loads(render_json(found))["diagnostics"]) == len(found)
    assert len(json.loads(render_sarif(found))["runs"][0]["results"]) == len(found)
    assert len(render_github(found).split("\n")) == len(found)
    shown = render_text(found)
    assert all(d.code in shown for d in found)
    return refused


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, child in items for found in paths_of(child, (*path, key)))]


PATHS = paths_of(TREE)[1:]


@RELAXED
@given(data=st.binary(max_size=200))
def test_any_bytes(data: bytes, tmp_path: Path) -> None:
    outcome(data, tmp_path)


@RELAXED
@given(
    start=st.integers(0, len(GOOD)),
    length=st.integers(0, 30),
    inserted=st.lists(TOKENS | st.text(max_size=3), max_size=4),
)
def test_any_splice_of_a_good_spec(start: int, length: int, inserted: list[str], tmp_path: Path) -> None:
    text = GOOD[:start] + "".join(inserted) + GOOD[start + length :]
    outcome(text.encode("utf-8", "surrogatepass"), tmp_path)


@RELAXED
@given(path=st.sampled_from(PATHS), value=VALUES)
def test_any_value_in_any_place(path: tuple[Any, ...], value: Any, tmp_path: Path) -> None:
    tree = json.loads(json.dumps(TREE))
    target = tree
    for part in path[:-1]:
        target = target[part]
    target[path[-1]] = value
    text = yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)
    result = outcome(text.encode("utf-8", "surrogatepass"), tmp_path, environment="prod")
    if isinstance(result, Checked):
        assert explain(result, "name").chain


@RELAXED
@given(
    override=st.text(max_size=12)
    | st.builds(
        "{}{}={}".format,
        st.sampled_from(["", "+", "++", "~"]),
        st.sampled_from([".".join(map(str, p)) for p in PATHS]),
        TOKENS | st.text(max_size=5),
    )
)
def test_any_override(override: str, tmp_path: Path) -> None:
    outcome(GOOD.encode(), tmp_path, overrides=[override])


@RELAXED
@given(environment=st.text(max_size=10))
def test_any_environment(environment: str, tmp_path: Path) -> None:
    outcome(GOOD.encode(), tmp_path, environment=environment)
