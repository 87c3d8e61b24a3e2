"""What a user sees for whole broken specs, to the letter: spec.yaml and expected.txt in each of tests/golden_errors."""

from pathlib import Path

import pytest

from mlspec.specs.diagnostics import SpecError
from mlspec.specs.load import load_spec
from mlspec.specs.render import render_text

CASES = sorted(path.parent for path in (Path(__file__).parents[1] / "golden_errors").glob("*/spec.yaml"))


def shown(case: Path) -> str:
    with pytest.raises(SpecError) as caught:
        load_spec(case / "spec.yaml")
    return render_text(caught.value.diagnostics) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_errors_are_shown_as_expected(case: Path) -> None:
    assert shown(case) == (case / "expected.txt").read_text(encoding="utf-8")
