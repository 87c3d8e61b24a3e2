"""Turns the two sides of a plan into its consequences, in words, risks first."""

from collections.abc import Callable, Iterator

from mlspec.compiler.plan.about_access import iam_narrowed, iam_widened, public_exposure
from mlspec.compiler.plan.about_gates import gates_added, gates_moved, gates_removed
from mlspec.compiler.plan.about_loss import code_changed, data_lost, traffic_lost
from mlspec.compiler.plan.about_watching import (
    monitors_added,
    monitors_moved,
    monitors_removed,
    retention_shortened,
    retraining_changed,
    rollout_changed,
)
from mlspec.compiler.plan.model import Meaning, Sides

MEANINGS: tuple[Callable[[Sides], Iterator[Meaning]], ...] = (
    public_exposure,
    data_lost,
    traffic_lost,
    gates_removed,
    gates_moved,
    gates_added,
    iam_widened,
    iam_narrowed,
    retention_shortened,
    monitors_removed,
    monitors_moved,
    monitors_added,
    rollout_changed,
    retraining_changed,
    code_changed,
)


def meanings_of(sides: Sides) -> tuple[Meaning, ...]:
    """What every rule says, risks first, otherwise in the order of the rules."""
    said = [meaning for rule in MEANINGS for meaning in rule(sides)]
    return tuple(sorted(said, key=lambda meaning: not meaning.risk))
