"""Turns a plan into text for a terminal, with Terraform's glyphs and footer."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

from mlspec.compiler.encoding import compact
from mlspec.compiler.plan.model import Action, Change, Meaning, Plan, Step

Role = Literal["create", "update", "replace", "delete", "risk", "note", "heading", "quiet"]
Style = Callable[[str, Role], str]

GLYPHS: dict[Action, str] = {"create": "+", "update": "~", "replace": "-/+", "delete": "-", "keep": " "}
VERBS: dict[Action, str] = {
    "create": "will be created",
    "update": "will be updated in place",
    "replace": "must be replaced",
    "delete": "will be destroyed",
    "keep": "stays as it is",
}
REVIEWS = {"security": "Security", "cost": "Cost", "ml": "ML", "operations": "Operations"}
_CHANGE_GLYPHS = {"add": "+", "change": "~", "remove": "-"}
_ENDS = ("create", "delete")
# A value longer than this hides the others; the JSON of the plan has it whole.
_LONGEST = 160


def plain(text: str, role: Role) -> str:
    """The style of a pipe: none."""
    return text


def render_text(plan: Plan, *, style: Style = plain, whole: bool = True) -> str:
    """What the plan means, then what it does, for each reviewer, then the count. Unless `whole`, what is made or
    destroyed is one line each: only a change needs its properties seen."""
    if plan.empty and not plan.meanings:
        return f"{NO_CHANGES.format(stack=plan.stack)}\n"
    parts = [*_reviews(plan, style, whole=whole), *_refusals(plan, style), footer(plan)]
    return "\n\n".join(parts) + "\n"


NO_CHANGES = "No changes. {stack} is what the spec asks for."


def footer(plan: Plan) -> str:
    """`Plan: 2 to add, 1 to change, 0 to destroy.`"""
    counts = plan.counts
    return f"Plan: {counts['add']} to add, {counts['change']} to change, {counts['destroy']} to destroy."


def _reviews(plan: Plan, style: Style, *, whole: bool) -> Iterator[str]:
    steps = plan.by_reviewer()
    for reviewer, title in REVIEWS.items():
        meanings = plan.meanings_of(reviewer)
        blocks = ["\n".join(_meaning(meaning, style) for meaning in meanings)] if meanings else []
        lines = [] if whole else [_line(step, style) for step in steps.get(reviewer, ()) if step.action in _ENDS]
        blocks += ["\n".join(lines)] if lines else []
        blocks += [_step(step, style) for step in steps.get(reviewer, ()) if whole or step.action not in _ENDS]
        if blocks:
            yield "\n\n".join([style(title, "heading"), *blocks])


def _meaning(meaning: Meaning, style: Style) -> str:
    origin = style(f" ({meaning.origin})", "quiet") if meaning.origin else ""
    return f"  {style('!' if meaning.risk else '*', 'risk' if meaning.risk else 'note')} {meaning.text}{origin}"


def _line(step: Step, style: Style) -> str:
    role: Role = "create" if step.action == "create" else "delete"
    name = f"{step.name:<34} {step.type.rpartition(':')[2]}"
    return f"  {style(f'{GLYPHS[step.action]} {name}', role)}  {style(step.origin, 'quiet')}"


def _step(step: Step, style: Style) -> str:
    role: Role = "note" if step.action == "keep" else step.action
    reason = f" ({step.reason})" if step.reason else ""
    lines = [
        style(f"  # {step.name} {VERBS[step.action]}{reason}", role),
        f"  {style(f'{GLYPHS[step.action]:>3}', role)} {step.type} {step.name}",
        style(f"        {step.origin}: {step.why}", "quiet"),
    ]
    return "\n".join([*lines, *(_change(change, style) for change in told(step))])


def told(step: Step) -> tuple[Change, ...]:
    """The changes worth a line: the compiler's own tags on something new are all alike."""
    new = step.action == "create"
    return tuple(change for change in step.changes if not (new and change.path.startswith("tags.mlspec:")))


def _change(change: Change, style: Style) -> str:
    roles: dict[str, Role] = {"add": "create", "change": "update", "remove": "delete"}
    forces = style(" # forces replacement", "replace") if change.forces and change.kind != "add" else ""
    return f"      {style(_CHANGE_GLYPHS[change.kind], roles[change.kind])} {change.path}: {values_of(change)}{forces}"


def values_of(change: Change) -> str:
    """`old -> new`, or the one there is."""
    match change.kind:
        case "add":
            return _value(change.new)
        case "remove":
            return _value(change.old)
        case _:
            return f"{_value(change.old)} -> {_value(change.new)}"


def _value(value: Any) -> str:
    unknown = isinstance(value, str) and value.startswith("(")
    text = value if unknown else _literal(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _literal(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else compact(value)


def _refusals(plan: Plan, style: Style) -> list[str]:
    lines = [
        f"{style(f'{refusal.code} {refusal.message}', 'risk')}\n  hint: {refusal.hint}" for refusal in plan.refusals
    ]
    return ["\n".join(lines)] if lines else []
