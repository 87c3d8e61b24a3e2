"""Turns a plan into one HTML page that needs nothing else: no script, no font, no network."""

from collections.abc import Iterator
from html import escape

from mlspec.compiler.plan.model import Change, Meaning, Plan, Step
from mlspec.compiler.plan.text import GLYPHS, NO_CHANGES, REVIEWS, VERBS, footer, told, values_of

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
code, td { font-family: ui-monospace, monospace; font-size: 13px; overflow-wrap: anywhere; }
.risk { color: #b00020; font-weight: 600; } .quiet { color: #666; }
.create { color: #116329; } .update { color: #7a4b00; } .replace, .delete { color: #b00020; }
summary { cursor: pointer; padding: .2rem 0; } td { padding: 0 .8rem 0 0; vertical-align: top; }
@media (prefers-color-scheme: dark) {
  body { background: #111; color: #ddd; } .quiet { color: #999; } .risk, .replace, .delete { color: #ff8a80; }
  .create { color: #7ee787; } .update { color: #e3b341; }
}
""".strip()


def render_page(plan: Plan) -> str:
    """The whole plan; steps fold, consequences do not."""
    title = f"mlspec plan: {plan.stack}"
    nothing = plan.empty and not plan.meanings
    body = [f"<p>{escape(NO_CHANGES.format(stack=plan.stack))}</p>"] if nothing else list(_body(plan))
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{escape(title)}</title>\n<style>\n{_STYLE}\n</style>\n<h1>{escape(title)}</h1>",
            *body,
            f'<p class="quiet">bundle <code>{escape(plan.bundle or "none")}</code>, state {plan.serial}</p>\n</html>\n',
        ]
    )


def _body(plan: Plan) -> Iterator[str]:
    yield f"<p><strong>{escape(footer(plan))}</strong></p>"
    for refusal in plan.refusals:
        yield f'<p class="risk">{escape(f"{refusal.code} {refusal.message}")}: {escape(refusal.hint)}</p>'
    steps = plan.by_reviewer()
    for reviewer, title in REVIEWS.items():
        meanings, theirs = plan.meanings_of(reviewer), steps.get(reviewer, ())
        if meanings or theirs:
            yield f"<h2>{title}</h2>"
            yield "<ul>" + "".join(_meaning(meaning) for meaning in meanings) + "</ul>" if meanings else ""
            yield "\n".join(_step(step) for step in theirs)


def _meaning(meaning: Meaning) -> str:
    kind = ' class="risk"' if meaning.risk else ""
    return f'<li><span{kind}>{escape(meaning.text)}</span> <span class="quiet">{escape(meaning.origin)}</span></li>'


def _step(step: Step) -> str:
    reason = f" ({step.reason})" if step.reason else ""
    head = f"{GLYPHS[step.action]} {step.name} {VERBS[step.action]}{reason}"
    about = f'<p class="quiet">{escape(step.type)}, {escape(step.origin)}: {escape(step.why)}</p>'
    rows = "".join(_change(change) for change in told(step))
    summary = f'<summary class="{step.action}">{escape(head)}</summary>'
    return f"<details>{summary}{about}<table>{rows}</table></details>"


def _change(change: Change) -> str:
    forces = ' <span class="risk">forces replacement</span>' if change.forces and change.kind != "add" else ""
    return f"<tr><td>{escape(change.path)}</td><td>{escape(values_of(change))}{forces}</td></tr>"
