"""One thing in a spec that is refused, and the rules that find them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mlspec.specs.models import Spec


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing refused: the dotted key, what is wrong in the user's words, and what to do."""

    path: str
    message: str
    hint: str


Rule = Callable[[Spec], Iterator[Refusal]]
