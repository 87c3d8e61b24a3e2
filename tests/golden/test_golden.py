"""Every case of the corpus becomes what is kept beside it, and every program in it is good Python."""

import difflib
from pathlib import Path

import pytest

from mlspec.compiler.plan import make_plan
from tests.compiler.emitted import lint, type_check
from tests.compiler.states import applied
from tests.golden.corpus import Case, cases, kept, made

CASES = {case.folder.name: case for case in cases()}
GOOD = {name: case for name, case in CASES.items() if not (case.folder / "expected.txt").exists()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_case(case: Case) -> None:
    now, then = made(case), kept(case)
    assert _difference(then, now) == "", "if this is what you want: make golden"


def test_a_third_of_the_corpus_are_mistakes() -> None:
    assert 0 < len(GOOD) <= 2 * (len(CASES) - len(GOOD))


def test_programs_are_typed_formatted_and_linted(tmp_path: Path) -> None:
    programs = {name.replace("-", "_"): _program(case) for name, case in GOOD.items()}
    (tmp_path / "types").mkdir()
    (tmp_path / "lint").mkdir()
    assert type_check(programs, tmp_path / "types") == ""
    assert lint(programs, tmp_path / "lint") == ""


@pytest.mark.parametrize("case", GOOD.values(), ids=GOOD.keys())
def test_an_unchanged_spec_is_an_empty_plan(case: Case) -> None:
    bundle = case.compile()
    assert case.compile().digest == bundle.digest
    assert make_plan(bundle, applied(bundle)).empty


def _program(case: Case) -> str:
    return case.compile().files["infra/__main__.py"].decode()


def _difference(then: dict[str, bytes], now: dict[str, bytes]) -> str:
    lines: list[str] = []
    for path in sorted(then.keys() | now.keys()):
        before, after = (side.get(path, b"").decode().splitlines() for side in (then, now))
        lines += difflib.unified_diff(before, after, f"kept/{path}", f"made/{path}", lineterm="", n=1)
        if (path in then) != (path in now) and not (before or after):
            lines.append(f"{path} is on one side only")
    return "\n".join(lines)
