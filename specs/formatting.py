"""A spec's text -> the same spec, indented by two, without trailing spaces, in double quotes; every comment stays."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from mlspec.specs.yaml_nodes import parse_yaml

STEP = 2
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OTHER_BREAKS = re.compile("[\x85\u2028\u2029]")  # lines to a parser, not to an editor: such a text is left as it is
_SAFE_QUOTED = re.compile(r"'[ -!#-&(-\[\]-~]*'")  # no quote, no backslash: in double quotes it says the same


def format_text(text: str, file: str) -> str:
    """`text` in the one style; a text with mistakes in its YAML raises SpecError. What it says never changes."""
    parse_yaml(text, file)
    lines = re.sub("\r\n?", "\n", text)
    if _OTHER_BREAKS.search(text):
        return text
    for style in (_styled, _stripped):
        formatted = style(lines)
        if _events(formatted) == _events(text):
            return formatted
    return text


def _styled(text: str) -> str:
    """All of the style; where that would say something else, the caller takes less of it."""
    return _stripped(_indented(_requoted(text)))


def _tokens(text: str) -> Iterator[Any]:
    return iter(yaml.scan(text, Loader=_Loader))


def _events(text: str) -> list[tuple[object, ...]] | None:
    """What a text says: every event, less its place and its kind of quotes."""
    try:
        return [_event(event) for event in yaml.parse(text, Loader=_Loader)]
    except yaml.YAMLError:
        return None


def _event(event: Any) -> tuple[object, ...]:
    quoted = getattr(event, "style", None) not in (None, "")
    words = (getattr(event, name, None) for name in ("value", "anchor", "tag", "flow_style"))
    return (type(event).__name__, quoted, *words)


def _stripped(text: str) -> str:
    """Without trailing spaces and empty lines at either end; inside a value that spans lines, all stays."""
    held = {line for first, last in _spans(text) for line in range(first, last)}
    lines = text.split("\n")
    kept = [line if number in held else line.rstrip(" \t") for number, line in enumerate(lines)]
    first = next((number for number, line in enumerate(kept) if line), 0)
    last = max((number for number, line in enumerate(kept) if line or number in held), default=0)
    return "\n".join(kept[first : last + 1]) + "\n"


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """First and last line of each scalar that spans lines."""
    for token in _tokens(text):
        if isinstance(token, yaml.ScalarToken) and token.end_mark.line > token.start_mark.line:
            yield token.start_mark.line, token.end_mark.line


def _requoted(text: str) -> str:
    """With double quotes where single ones say the same; both are as wide, so that what is aligned stays so."""
    parts, at = [], 0
    for token in _tokens(text):
        if isinstance(token, yaml.ScalarToken) and token.style == "'":
            start, end = token.start_mark.index, token.end_mark.index
            if _SAFE_QUOTED.fullmatch(text[start:end]):
                parts += [text[at:start], f'"{text[start + 1 : end - 1]}"']
                at = end
    return "".join([*parts, text[at:]])


@dataclass(slots=True)
class _Block:
    """An open collection in block style, and the column where its entries are to start."""

    column: int
    sequence: bool
    indentless: bool = False


def _indented(text: str) -> str:
    """With each block two columns inside the one that holds it; what hangs on a line moves with it."""
    lines = text.split("\n")
    moves = _moves(text)
    moves = _with_comments(lines, moves)
    return "\n".join(_moved(line, moves.get(number, 0)) for number, line in enumerate(lines))


def _moved(line: str, by: int) -> str:
    if by >= 0:
        return " " * by + line if line.strip() else line
    return line[min(-by, len(line) - len(line.lstrip(" "))) :]


def _moves(text: str) -> dict[int, int]:
    """By how many columns each line moves that holds something."""
    blocks: list[_Block] = []
    moves: dict[int, int] = {}
    depth = 0
    owner = 0  # the last line that a block's entry began on
    for token in _tokens(text):
        line, column = token.start_mark.line, token.start_mark.column
        if isinstance(token, yaml.BlockEndToken):
            _close(blocks)
            continue
        if isinstance(token, yaml.BlockMappingStartToken | yaml.BlockSequenceStartToken):
            inside = blocks[-1].column + STEP if blocks else 0
            start = column + moves[line] if line in moves else inside
            blocks.append(_Block(start, isinstance(token, yaml.BlockSequenceStartToken)))
            continue
        if depth == 0 and isinstance(token, yaml.BlockEntryToken | yaml.KeyToken):
            _entry(blocks, token)
            moves.setdefault(line, blocks[-1].column - column if blocks else 0)
            owner = line
        for each in range(line, token.end_mark.line + (token.end_mark.column > 0)):
            moves.setdefault(each, moves.get(owner, 0))
        depth += isinstance(token, yaml.FlowMappingStartToken | yaml.FlowSequenceStartToken)
        depth -= isinstance(token, yaml.FlowMappingEndToken | yaml.FlowSequenceEndToken)
    return moves


def _entry(blocks: list[_Block], token: Any) -> None:
    """A list that stands as far left as the key that holds it gets a block of its own, and ends at the next key."""
    if isinstance(token, yaml.KeyToken) and blocks and blocks[-1].indentless:
        blocks.pop()
    elif isinstance(token, yaml.BlockEntryToken) and blocks and not blocks[-1].sequence:
        blocks.append(_Block(blocks[-1].column + STEP, sequence=True, indentless=True))


def _close(blocks: list[_Block]) -> None:
    if blocks and blocks[-1].indentless:
        blocks.pop()
    if blocks:
        blocks.pop()


def _with_comments(lines: Sequence[str], moves: dict[int, int]) -> dict[int, int]:
    """A comment on lines of its own moves as what follows it, or, where it stands with what is before it, as that."""
    told = dict(moves)
    for number, line in enumerate(lines):
        if number in moves or not line.lstrip(" ").startswith("#"):
            continue
        after = next((n for n in range(number + 1, len(lines)) if n in moves), None)
        before = _same_block(lines, moves, number)
        alike = after is not None and _indent(lines[after]) == _indent(line)
        owner = before if before is not None and not alike else after
        told[number] = moves[owner] if owner is not None else 0
    return told


def _same_block(lines: Sequence[str], moves: dict[int, int], number: int) -> int | None:
    """The line before that begins where line `number` does, with nothing between them that begins further left."""
    column = _indent(lines[number])
    for n in range(number - 1, -1, -1):
        if n in moves and _indent(lines[n]) <= column:
            return n if _indent(lines[n]) == column else None
    return None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
