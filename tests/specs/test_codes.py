"""Every code that is used has its page, every page is of a code that is used, and the document is current."""

import re
from pathlib import Path

import pytest

import mlspec
from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit
from mlspec.specs.codes import diagnostics_page, pages

ROOT = Path(__file__).parents[2]
PACKAGE = Path(mlspec.__file__).parent  # of the repository, or installed
SOURCES = ("specs", "compiler", "targets", "runtime", "cli")


def used() -> set[str]:
    files = [path for folder in SOURCES for path in (PACKAGE / folder).rglob("*.py") if path.name != "codes.py"]
    return {code for path in files for code in re.findall(r'"(ML\d{3})"', path.read_text(encoding="utf-8"))}


def test_codes_and_pages_are_the_same() -> None:
    assert used() == set(pages())


def test_the_page_is_current() -> None:
    document = ROOT / "docs" / "diagnostics.md"
    assert document.read_text(encoding="utf-8") == diagnostics_page(), (
        "python -m mlspec.specs.codes > docs/diagnostics.md"
    )


@pytest.mark.parametrize("code", pages())
def test_a_page_says_everything(code: str) -> None:
    page = pages()[code]
    assert page.title.endswith(".")
    assert all((page.meaning, page.example, page.fix, page.family))


def test_explain_prints_a_codes_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["explain", "ML204"]) == Exit.DONE
    out = capsys.readouterr().out
    assert out.startswith("ML204")
    assert pages()["ML204"].fix in out
    assert invoke(["explain", "ml204"]) == Exit.DONE
    assert invoke(["explain", "ML999"]) != Exit.DONE
    assert "ML806" in capsys.readouterr().err
