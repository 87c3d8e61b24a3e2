"""Each mistake in an otherwise right spec is told once, under its code, at its line and column."""

import pytest

from tests.specs.conftest import Load, Mistakes
from tests.specs.mutations import MUTATIONS

MARK = "@@"


def mutate(good: str, old: str, new: str) -> tuple[str, int, int]:
    """The broken text, and the line and column of the mark."""
    assert good.count(old) >= 1, old
    broken = good.replace(old, new, 1)
    before = broken[: broken.index(MARK)]
    return broken.replace(MARK, "", 1), before.count("\n") + 1, len(before) - before.rfind("\n")


def test_the_good_spec_is_good(good: str, load: Load) -> None:
    for environment in ("dev", "staging", "prod"):
        assert load(good, environment=environment).spec.task == "binary"


@pytest.mark.parametrize(("old", "new", "code"), MUTATIONS, ids=[new.strip()[:50] for _, new, _ in MUTATIONS])
def test_mistake_is_told_where_it_is(good: str, mistakes: Mistakes, old: str, new: str, code: str) -> None:
    broken, line, column = mutate(good, old, new)
    found = mistakes(broken)
    told = [(d.code, d.span.line, d.span.column, d.message) if d.span else d for d in found]
    assert [entry[:3] if isinstance(entry, tuple) else entry for entry in told] == [(code, line, column)], told
    assert [d.span.file for d in found if d.span] == ["spec.yaml"]
    assert found[0].line == broken.splitlines()[line - 1]
