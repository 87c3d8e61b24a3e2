"""Turns a plan into Markdown for a pull request, which takes 64 KiB at most."""

from collections.abc import Iterator
from typing import Literal

from mlspec.compiler.plan.model import Meaning, Plan, Step
from mlspec.compiler.plan.text import GLYPHS, NO_CHANGES, REVIEWS, VERBS, footer, values_of

# https://docs.github.com/rest/issues/comments: 65,536 characters; some are left for what a bot adds.
LIMIT = 64_000


def render_markdown(plan: Plan, *, limit: int = LIMIT) -> str:
    """The plan, in at most `limit` bytes: the details of steps are left out first, risks never."""
    for detail in DETAILS:
        text = _page(plan, detail)
        if len(text.encode()) <= limit:
            return text
    return text.encode()[: limit - 100].decode(errors="ignore") + "\n\n(cut: see the plan's JSON)\n"


Detail = Literal["changes", "names", "counts"]
DETAILS: tuple[Detail, ...] = ("changes", "names", "counts")


def _page(plan: Plan, detail: Detail) -> str:
    if plan.empty and not plan.meanings:
        return f"### mlspec plan: {plan.stack}\n\n{NO_CHANGES.format(stack=plan.stack)}\n"
    parts = [f"### mlspec plan: {plan.stack}", f"**{footer(plan)}**", *_refusals(plan)]
    steps = plan.by_reviewer()
    for reviewer, title in REVIEWS.items():
        meanings, theirs = plan.meanings_of(reviewer), steps.get(reviewer, ())
        parts += [f"#### {title}"] if meanings or theirs else []
        parts.append("\n".join(_meaning(meaning) for meaning in meanings))
        parts += [_steps(theirs, changes=detail == "changes")] if theirs and detail != "counts" else []
    if detail == "counts":
        parts.append("The steps do not fit here; the plan's JSON has them.")
    return "\n\n".join(part for part in parts if part) + "\n"


def _steps(steps: tuple[Step, ...], *, changes: bool) -> str:
    """The steps behind a click, in a fence that no value of theirs can end."""
    lines = "\n".join(line for step in steps for line in _step(step, changes=changes))
    summary = f"<summary>{len(steps)} {'resource' if len(steps) == 1 else 'resources'}</summary>"
    fence = "`" * max(3, _longest_run(lines) + 1)
    return f"<details>{summary}\n\n{fence}diff\n{lines}\n{fence}\n\n</details>"


def _step(step: Step, *, changes: bool) -> Iterator[str]:
    # In a diff block only the first character colours the line.
    glyph = {"-/+": "!", "~": "!"}.get(GLYPHS[step.action], GLYPHS[step.action])
    yield f"{glyph} {step.name} ({step.type}) {VERBS[step.action]}  # {step.origin}"
    for change in step.changes if changes and step.action != "create" else ():
        forces = "  # forces replacement" if change.forces else ""
        yield f"    {change.path}: {values_of(change)}{forces}"


def _meaning(meaning: Meaning) -> str:
    text = f"**{escape(meaning.text)}**" if meaning.risk else escape(meaning.text)
    return f"- {':warning: ' if meaning.risk else ''}{text}" + (f" (`{meaning.origin}`)" if meaning.origin else "")


def _refusals(plan: Plan) -> list[str]:
    return ["\n".join(f"- :no_entry: {escape(r.message)}: {escape(r.hint)}" for r in plan.refusals)]


def escape(text: str) -> str:
    """Text that Markdown takes as it is, and that calls nobody."""
    for mark in "\\`*_[]<>|":
        text = text.replace(mark, f"\\{mark}")
    return text.replace("@", "@\u200b")


def _longest_run(text: str) -> int:
    run = longest = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest
