"""The language of `data`: where rows are, the contract column by column, how they are divided."""

from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from mlspec.specs.blocks import Block, DatePart, wrong
from mlspec.specs.units import Duration, Percent


class DataSource(Block):
    """Where the rows are."""

    uri: str = Field(
        description="s3://bucket/prefix/ or a file or folder beside the spec.", examples=["s3://lake/flights/"]
    )
    format: Literal["parquet", "csv"] = Field("parquet", description="How the files are written.")


class Column(Block):
    """One column of the contract, checked before training, at the door of the service, and by monitors."""

    type: Literal["float", "int", "bool", "category", "string", "datetime"] | None = Field(
        None, description="What a value is. May be left out only where `role` is ignore."
    )
    role: Literal["feature", "label", "ignore", "id", "time"] = Field(
        "feature", description="What the column is for. Several labels, all of them numbers, are learned together."
    )
    unit: str = Field("", description="The unit of measurement, for readers.")
    min: float | None = Field(None, description="Smallest value allowed.")
    max: float | None = Field(None, description="Largest value allowed.")
    values: tuple[str, ...] = Field((), description="The categories, for type category.")
    parts: tuple[DatePart, ...] = Field(
        (),
        description="For a feature of type datetime: the inputs made of it, in UTC. A weekday is 0 (Monday) to 6.",
        examples=[["hour", "weekday"]],
    )
    nullable: bool | Percent = Field(False, description="Whether nulls are allowed, or which share of them at most.")
    pii: bool = Field(False, description="Personal data: never logged, never a feature by accident.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.type is None and self.role != "ignore":
            raise wrong("role", f"a column with role {self.role} needs a type")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise wrong("min", f"min {self.min:g} is above max {self.max:g}")
        if self.values and self.type != "category":
            raise wrong("values", "values are for type category only")
        if len(set(self.values)) < len(self.values):
            raise wrong("values", "a value is there twice")
        if self.parts and (self.type != "datetime" or self.role != "feature"):
            raise wrong("parts", "parts are for features of type datetime only")
        if len(set(self.parts)) < len(self.parts):
            raise wrong("parts", "a part is there twice")
        if self.type == "category" and self.role in ("feature", "label") and not self.values:
            raise wrong("type", "a category needs its values")
        return self


class Split(Block):
    """How rows are divided into training, validation and test; a duration counts back from the end of the window."""

    by: Literal["time", "random"] = Field("random", description="By the column of role time, or at random.")
    test: Percent | Duration = Field(Percent(Decimal("0.2")), description="The part gates are judged on.")
    validation: Percent | Duration = Field(Percent(Decimal("0.1")), description="The part early stopping may see.")


class RowLimits(Block):
    """How many rows a training set has."""

    min: int = Field(1, ge=1, description="Fewest rows allowed.")
    max: int | None = Field(None, ge=1, description="Most rows allowed.")


class DataCheck(Block):
    """One check of the whole table: exactly one key."""

    unique: tuple[str, ...] | None = Field(None, description="Columns that together identify a row.")
    rows: RowLimits | None = Field(None, description="How many rows there must be.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.unique is None) == (self.rows is None):
            raise wrong("unique", "a check has exactly one of: unique, rows")
        return self


class Data(Block):
    """The rows, and the contract they keep."""

    source: DataSource
    columns: dict[str, Column] = Field(description="The contract, column by column.", min_length=2)
    window: Duration | None = Field(None, description="Use only rows this recent, by the column of role time.")
    split: Split = Split()
    checks: tuple[DataCheck | Literal["leakage"], ...] = Field((), description="Checks of the whole table.")
