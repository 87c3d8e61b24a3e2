"""The page about the language says what the language is."""

from pathlib import Path

from mlspec.specs.reference import language_page

PAGE = Path(__file__).parents[2] / "docs" / "language.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == language_page(), "python -m mlspec.specs.reference > docs/language.md"
