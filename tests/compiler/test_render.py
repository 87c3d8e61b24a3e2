"""A plan as people see it: on a terminal and in a pull request."""

from dataclasses import replace
from html.parser import HTMLParser

from mlspec.compiler.plan import make_plan, render_markdown, render_page, render_text
from mlspec.compiler.plan.model import Meaning
from tests.compiler.graphs import changed, graph
from tests.compiler.test_plan import BASE, STATE, planned, without

MOVED = planned(changed(without(graph(), "inference-url"), "inference", memorySize=2048), STATE, gates=[])


def test_no_changes_is_one_line() -> None:
    assert render_text(make_plan(BASE, STATE)) == "No changes. flight-dev is what the spec asks for.\n"


def test_text_has_glyphs_values_places_and_the_footer() -> None:
    text = render_text(MOVED)
    assert "    ~ aws:lambda/function:Function inference\n" in text
    assert "      ~ memorySize: 1024 -> 2048\n" in text
    assert "    - aws:lambda/functionUrl:FunctionUrl inference-url\n" in text
    assert "  ! gate removed: roc_auc min 0.6\n" in text
    assert text.endswith("\nPlan: 0 to add, 1 to change, 1 to destroy.\n")


def test_replacements_name_what_forces_them() -> None:
    text = render_text(planned(changed(graph(), "alerts", name="other")))
    assert "  -/+ aws:sns/topic:Topic alerts\n" in text
    assert '      ~ name: "flight-dev-alerts" -> "other" # forces replacement\n' in text
    assert "(known after apply)" in text


def test_text_is_styled_by_who_shows_it() -> None:
    text = render_text(MOVED, style=lambda text, role: f"<{role}>{text}</>")
    assert "<risk>!</>" in text
    assert "<heading>Operations</>" in text
    assert "<delete>" in text


def test_risks_are_told_before_steps() -> None:
    text = render_text(MOVED)
    assert text.index("traffic lost") < text.index("inference will be updated")


def test_refusals_are_shown() -> None:
    from mlspec.compiler.plan import destroy_plan

    assert "ML520 'store' is protected" in render_text(destroy_plan(STATE))
    assert "'store' is protected" in render_markdown(destroy_plan(STATE))


def test_markdown_fits_a_comment_however_large_the_plan() -> None:
    plan = make_plan(BASE, None)
    many = replace(plan, steps=tuple(replace(plan.steps[0], name=f"r{index}") for index in range(3000)))
    text = render_markdown(many)
    assert len(text.encode()) <= 64_000
    assert "3000 to add" in text
    loud = replace(plan, meanings=tuple(Meaning("k", "ml", "é" * 200, risk=True) for _ in range(1000)))
    assert len(render_markdown(loud).encode()) <= 64_000


def test_markdown_calls_nobody_and_runs_nothing() -> None:
    loud = replace(make_plan(BASE, None), meanings=(Meaning("k", "ml", "ask @team <img> `x` *y*", risk=True),))
    text = render_markdown(loud)
    assert "@team" not in text
    assert "<img>" not in text


def test_markdown_values_cannot_end_their_fence() -> None:
    text = render_markdown(planned(changed(graph(), "inference", description="```\n# hello")))
    assert "````diff" in text


def test_markdown_of_nothing_says_so() -> None:
    assert "No changes." in render_markdown(make_plan(BASE, STATE))


class Tags(HTMLParser):
    """Every tag of a page, and whether those that are opened are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One more is open, unless it holds nothing."""
        self.seen.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """The last one opened is the one closed."""
        assert self.open.pop() == tag


def test_a_page_stands_alone_and_runs_nothing() -> None:
    loud = planned(changed(graph(), "inference", description="<script>alert(1)</script>"), STATE, gates=[])
    for plan in (MOVED, loud, make_plan(BASE, None), make_plan(BASE, STATE)):
        page, tags = render_page(plan), Tags()
        tags.feed(page)
        assert tags.open == []
        assert not tags.seen & {"script", "link", "img", "iframe"}
        assert "http" not in page
    assert "gate removed: roc_auc min 0.6" in render_page(MOVED)
    assert "memorySize" in render_page(MOVED)
