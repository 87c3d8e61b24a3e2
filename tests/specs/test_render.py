"""Diagnostics as text, JSON, GitHub annotations and SARIF."""

import json

from mlspec.specs.diagnostics import Diagnostic, Severity, Span
from mlspec.specs.render import render_github, render_json, render_sarif, render_text
from tests.specs.conftest import Mistakes

CHAMPION = Diagnostic(
    "ML204",
    "gate compares with 'prod', which is not a known champion",
    Span("flight-delay.yaml", 31, 15, 4),
    "gates.1.versus",
    "use 'champion'",
    "    versus: prod",
)


def test_text_points_at_the_word() -> None:
    shown = Diagnostic("ML204", "m", Span("f.yaml", 31, 11, 4), "", "use 'champion'", "  versus: prod")
    assert render_text([shown]) == (
        "ML204 m\n  f.yaml:31:11 |   versus: prod\n               |           ^^^^\n  hint: use 'champion'"
    )


def test_text_counts_and_shows_overrides_and_warnings() -> None:
    override = Diagnostic("ML305", "not understood", line="a b")
    warning = Diagnostic("ML204", "hm", Span("f", 1, 1), severity=Severity.WARNING)
    assert render_text([override, warning]) == (
        "ML305 not understood\n  override | a b\n\nML204 warning: hm\n  f:1:1\n\n1 error, 1 warning"
    )
    assert render_text([]) == ""


def test_text_shows_the_right_part_of_a_long_line() -> None:
    line = "k: [" + "x, " * 500 + "here]"
    text = render_text([Diagnostic("ML203", "m", Span("f", 1, line.index("here") + 1, 4), line=line)])
    _, shown, caret = text.splitlines()
    assert len(shown) < 130
    assert shown[caret.index("^") : caret.rindex("^") + 1] == "here"


def test_github_escapes_what_would_end_a_command() -> None:
    found = Diagnostic("ML103", "50% of\nit: bad", Span("a,b:c.yaml", 2, 3, 4), "x.y", "100%")
    assert render_github([found], folder="models") == (
        "::error file=models/a%2Cb%3Ac.yaml,line=2,col=3,endColumn=7,title=ML103 x.y::50%25 of%0Ait: bad%0Ahint: 100%25"
    )


def test_sarif_has_what_code_scanning_needs() -> None:
    log = json.loads(render_sarif([CHAMPION, Diagnostic("ML305", "x")], folder="my models"))
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["ML204", "ML305"]
    first, second = run["results"]
    assert first["level"] == "error"
    location = first["locations"][0]["physicalLocation"]
    assert location["artifactLocation"] == {"uri": "my%20models/flight-delay.yaml"}
    assert location["region"] == {
        "startLine": 31,
        "startColumn": 15,
        "endColumn": 19,
        "snippet": {"text": "    versus: prod"},
    }
    assert "locations" not in second
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_json_holds_everything() -> None:
    document = json.loads(render_json([CHAMPION]))
    assert document["errors"] == 1
    assert document["diagnostics"] == [
        {
            "code": "ML204",
            "severity": "error",
            "message": CHAMPION.message,
            "path": "gates.1.versus",
            "file": "flight-delay.yaml",
            "line": 31,
            "column": 15,
            "width": 4,
            "source": "    versus: prod",
            "hint": "use 'champion'",
        }
    ]


def test_a_caret_stands_under_the_word_that_was_found(good: str, mistakes: Mistakes) -> None:
    text = render_text(mistakes(good.replace("target: lambda", "target: lamda")))
    _, shown, caret, hint = text.splitlines()
    assert shown[caret.index("^") : caret.rindex("^") + 1] == "lamda"
    assert hint.startswith("  hint: did you mean 'lambda'?")
