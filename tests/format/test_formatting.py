"""The formatter: one style, every comment where it was, and never another meaning."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mlspec.specs.diagnostics import SpecError
from mlspec.specs.formatting import format_text
from mlspec.specs.load import load_spec
from mlspec.specs.yaml_nodes import parse_yaml, plain

ROOT = Path(__file__).parents[2]
SPECS = sorted([*ROOT.glob("specs/templates/*.yaml"), *ROOT.glob("tests/golden/*/spec.yaml")])
BROKEN = "tests/golden/error-yaml"

UNTIDY = """\
# top

name: 'churn'   
owner:    "it's"   # stays
data:
     # of the source
     source: {uri: 's3://lake/',
              format: parquet}
     columns:
         a: {type: int}     # aligned
         bb: {type: int}
     # after
gates:
- metric: f1
  min: 0.5
# a note
-   metric: mae
    max: 'a "quoted" one'
description: |
    kept   
      as it is
training:
   estimator:
      _target_: x


"""

TIDY = """\
# top

name: "churn"
owner:    "it's"   # stays
data:
  # of the source
  source: {uri: "s3://lake/",
           format: parquet}
  columns:
    a: {type: int}     # aligned
    bb: {type: int}
  # after
gates:
  - metric: f1
    min: 0.5
  # a note
  -   metric: mae
      max: 'a "quoted" one'
description: |
    kept   
      as it is
training:
  estimator:
    _target_: x
"""


def test_an_untidy_spec_becomes_tidy_and_keeps_its_comments_and_gaps() -> None:
    assert format_text(UNTIDY, "x.yaml") == TIDY


@pytest.mark.parametrize("path", [p for p in SPECS if BROKEN not in p.as_posix()], ids=lambda p: p.parent.name + p.stem)
def test_a_spec_means_the_same_after_as_before(path: Path, tmp_path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    once = format_text(text, "spec.yaml")
    assert format_text(once, "spec.yaml") == once
    assert plain(parse_yaml(once, "x")[0]) == plain(parse_yaml(text, "x")[0])
    told = []
    for folder, content in (("before", text), ("after", once)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "spec.yaml").write_text(content, encoding="utf-8")
        try:
            told.append(load_spec(tmp_path / folder / "spec.yaml").resolved)
        except SpecError as error:
            told.append({"codes": [(one.code, one.message) for one in error.diagnostics]})
    assert told[0] == told[1]


@pytest.mark.parametrize("path", sorted(ROOT.glob("specs/templates/*.yaml")), ids=lambda p: p.stem)
def test_the_templates_are_in_the_style(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert format_text(text, path.name) == text


def test_line_ends_become_those_of_unix_and_a_last_one_is_added() -> None:
    assert format_text("a: 1\r\nb:\r\n    c: 2", "x") == "a: 1\nb:\n  c: 2\n"


def test_a_block_that_a_last_line_end_would_change_is_left() -> None:
    assert format_text("a: |\n  text", "x") == "a: |\n  text"


_SCALARS = st.one_of(
    st.integers(-9, 9), st.booleans(), st.none(),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12),
    st.sampled_from(["two\nlines\n", " led", "trailed ", "it's", 'a "b"', "no", "# none", "a: b", "- c", "x \n y"]),
)  # fmt: skip
_KEYS = st.text("abcxyz", min_size=1, max_size=4)
_TREES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3), max_leaves=12
)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(_KEYS, _TREES, min_size=1, max_size=4),
    st.integers(2, 7),
    st.sampled_from([None, True, False]),
    st.sampled_from([None, "'", '"', "|", ">"]),
    st.integers(0, 12),
)
def test_any_tree_in_any_layout_means_the_same(
    tree: dict[str, object], indent: int, flow: bool | None, style: str | None, comment: int
) -> None:
    text = yaml.safe_dump(
        tree, indent=indent, default_flow_style=flow, default_style=style, width=30, allow_unicode=True
    )
    lines = text.split("\n")
    text = "\n".join([*lines[:comment], "   # a comment", *lines[comment:]])
    try:
        before = plain(parse_yaml(text, "x")[0])
    except SpecError:
        return
    once = format_text(text, "x")
    assert plain(parse_yaml(once, "x")[0]) == before
    assert once.count("# a comment") == text.count("# a comment")
    assert format_text(once, "x") == once


@settings(max_examples=200, deadline=None)
@given(st.text("ab:-? #'\"|>&*!{}[],\n ", max_size=40))
def test_any_text_is_formatted_or_refused(text: str) -> None:
    try:
        before = plain(parse_yaml(text, "x")[0])
    except SpecError:
        with pytest.raises(SpecError):
            format_text(text, "x")
        return
    once = format_text(text, "x")
    assert plain(parse_yaml(once, "x")[0]) == before
    assert format_text(once, "x") == once
