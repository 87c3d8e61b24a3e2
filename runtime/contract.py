"""The contract of a spec's data as literals: what generated `settings.py` files state and the training job reads."""

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal["float", "int", "bool", "category", "string", "datetime"]
DatePart = Literal["year", "month", "day", "hour", "minute", "weekday", "day_of_year"]  # in UTC; Monday is 0
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
    parts: tuple[DatePart, ...] = ()
    part: DatePart | None = None

    @property
    def source(self) -> str:
        """The column of the data that it is made of: for a part of a time, `<source>.<part>`, another than its name."""
        return self.name.removesuffix(f".{self.part}") if self.part else self.name

    @property
    def inputs(self) -> tuple["Column", ...]:
        """What a feature is to a model: itself, or each part of a time."""
        taken = (Column(f"{self.name}.{part}", "int", nulls=self.nulls, part=part) for part in self.parts)
        return tuple(taken) if self.parts else (self,)


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
        """The model's inputs, in order; the parts of a time are one each."""
        return tuple(input_ for column in self.columns if column.role == "feature" for input_ in column.inputs)

    @property
    def labels(self) -> tuple[Column, ...]:
        """The columns that are learned: one, or several numbers."""
        return tuple(column for column in self.columns if column.role == "label")

    @property
    def outputs(self) -> tuple[str, ...]:
        """What the model's numbers are called where it answers several; none where it answers one thing."""
        names = tuple(column.name for column in self.labels)
        return names if len(names) > 1 else ()

    @property
    def time(self) -> Column | None:
        """The column that says when a row happened, if there is one."""
        return next((column for column in self.columns if column.role == "time"), None)

    @property
    def classes(self) -> tuple[bool | str, ...]:
        """The label's classes, in the order of the model's outputs; none for numbers."""
        label = self.labels[0]
        return (False, True) if label.type == "bool" else label.values

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
