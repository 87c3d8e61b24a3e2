"""Series of points turned into SVG plots: axes, lines, a legend; nothing from outside."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 720, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 150, 14, 44
COLOURS = ("#0b66c3", "#c2410c", "#15803d", "#7e22ce", "#b91c1c", "#0e7490", "#a16207", "#475569")


@dataclass(frozen=True, slots=True)
class Line:
    """One series: what the legend calls it, and its points."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis shows: its words, where its marks are (value, text), and how a value becomes a place."""

    words: str
    marks: Sequence[tuple[float, str]]
    place: Callable[[float], float] = float


def plot(lines: Sequence[Line], across: Axis, up: Axis) -> str:
    """One <svg> of the lines; what lies outside the marks is not cut off."""
    xs = [across.place(x) for line in lines for x, _ in line.points] + [across.place(x) for x, _ in across.marks]
    ys = [up.place(y) for line in lines for _, y in line.points] + [up.place(y) for y, _ in up.marks]
    frame = _Frame(across, up, (min(xs), max(xs)), (min(ys), max(ys)))
    body = [*frame.grid(), *(part for at, line in enumerate(lines) for part in frame.line(line, at))]
    label = escape(f"{up.words} against {across.words}", quote=True)
    head = f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">'
    return "\n".join([head, *body, "</svg>"])


@dataclass(frozen=True, slots=True)
class _Frame:
    """The rectangle that values are placed in."""

    across: Axis
    up: Axis
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    def x(self, value: float) -> float:
        low, high = self.x_range
        return _LEFT + (self.across.place(value) - low) / ((high - low) or 1) * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        low, high = self.y_range
        return _HEIGHT - _BOTTOM - (self.up.place(value) - low) / ((high - low) or 1) * (_HEIGHT - _TOP - _BOTTOM)

    def grid(self) -> list[str]:
        """Marks and their lines, and the axes' words."""
        bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
        parts = []
        for value, text in self.across.marks:
            x = self.x(value)
            parts.append(f'<line class="grid" x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{bottom}"/>')
            parts.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{escape(text)}</text>')
        for value, text in self.up.marks:
            y = self.y(value)
            parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>')
            parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{escape(text)}</text>')
        middle = (_LEFT + right) / 2
        parts.append(f'<text x="{middle}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(self.across.words)}</text>')
        turned = f'transform="translate(14 {(bottom + _TOP) / 2}) rotate(-90)"'
        parts.append(f'<text {turned} text-anchor="middle">{escape(self.up.words)}</text>')
        return parts

    def line(self, line: Line, at: int) -> list[str]:
        """The series, a dot at a point where there are few, and its place in the legend."""
        colour = COLOURS[at % len(COLOURS)]
        places = [(self.x(x), self.y(y)) for x, y in line.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts = [f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{path}"/>']
        if len(places) <= 12:
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        x, y = _WIDTH - _RIGHT + 14, _TOP + 12 + 18 * at
        parts.append(f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{colour}"/>')
        parts.append(f'<text x="{x + 16}" y="{y}">{escape(line.name)}</text>')
        return parts


def logarithmic(words: str, values: Sequence[float]) -> Axis:
    """An axis whose marks are 1, 2 and 5 times powers of ten around `values`, all above zero."""
    low, high = min(values), max(values)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    marks = [step * 10.0**power for power in powers for step in (1, 2, 5)]
    below = max((mark for mark in marks if mark <= low), default=marks[0])
    above = min((mark for mark in marks if mark >= high), default=marks[-1])
    return Axis(words, [(mark, _plain(mark)) for mark in marks if below <= mark <= above], math.log10)


def linear(words: str, values: Sequence[float], *, whole: bool = False) -> Axis:
    """An axis from zero with about six round marks up to the largest of `values`; `whole`: none between two numbers."""
    high = max(values) or 1.0
    powers = range(0 if whole else -6, 15)
    step = next(s * 10.0**p for p in powers for s in (1, 2, 5) if s * 10.0**p * 6 >= high)
    return Axis(words, [(step * n, _plain(step * n)) for n in range(math.ceil(high / step) + 1)])


def nines(words: str, percentiles: Sequence[float]) -> Axis:
    """An axis on which 90%, 99% and 99.9% are equally far apart; 100% is placed as 99.999%."""
    return Axis(
        words,
        [(p, f"{p:g}%" if p < 100 else "all") for p in percentiles],
        lambda p: -math.log10(max(1 - p / 100, 1e-5)),
    )


def _plain(value: float) -> str:
    """As people write it: no exponent, a comma between thousands."""
    return f"{value:,.0f}" if value >= 1 and value == round(value) else f"{value:g}"
