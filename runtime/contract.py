"""The contract of a spec's data as literals: what generated `settings.py` files state and the training job reads."""

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal["float", "int", "bool", "category", "string", "datetime"]
Task = Literal["binary", "multiclass", "regression"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `nulls` is the share of nulls allowed, 0 for none and 1 for any number."""

    name: str
    type: ColumnType
    role: Literal["feature", "label", "id", "time", "ignore"] = "feature"
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()
    nulls: float = 0.0


@dataclass(frozen=True, slots=True)
class Contract:
    """The columns in the spec's order, and the checks of the whole table."""

    columns: tuple[Column, ...]
    unique: tuple[tuple[str, ...], ...] = ()
    min_rows: int = 1
    max_rows: int | None = None
    leakage: bool = False

    @property
    def features(self) -> tuple[Column, ...]:
        """The features, in the order of the model's inputs."""
        return tuple(column for column in self.columns if column.role == "feature")

    @property
    def label(self) -> Column:
        """The column that is learned."""
        return next(column for column in self.columns if column.role == "label")

    @property
    def time(self) -> Column | None:
        """The column that says when a row happened, if there is one."""
        return next((column for column in self.columns if column.role == "time"), None)

    @property
    def classes(self) -> tuple[bool | str, ...]:
        """The label's classes, in the order of the model's outputs; none for a number."""
        return (False, True) if self.label.type == "bool" else self.label.values

    @property
    def task(self) -> Task:
        """What is learned, told by the label."""
        if not self.classes:
            return "regression"
        return "binary" if len(self.classes) == 2 else "multiclass"


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check, as evaluation.json lists it."""

    check: str
    passed: bool
    detail: str


class ContractBroken(Exception):
    """The data do not keep the contract; the text is for the person who owns them. Carries every check made."""

    def __init__(self, text: str, checks: tuple[Check, ...] = ()) -> None:
        super().__init__(text)
        self.checks = checks
