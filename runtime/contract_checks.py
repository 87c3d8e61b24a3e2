"""Checks rows against their contract: every check is a Narwhals expression that counts what breaks it, so that the same
checks run on Polars here and on any other engine Narwhals knows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlspec.runtime.contract import Check, Column, Contract, ContractBroken

if TYPE_CHECKING:
    import narwhals as nw

_FLOAT32 = 3.4028234e38  # what the model's input can hold


@dataclass(frozen=True)
class Rule:
    """`count` is an expression for the rows that break it; `allowed` the share of rows that may."""

    check: str
    count: "nw.Expr"
    wording: str
    allowed: float = 0.0
    fatal: bool = True


def check_rows(table: Any, contract: Contract) -> tuple[Check, ...]:
    """Every check of the contract but leakage, in the order of the columns; `table` is any frame Narwhals knows."""
    import narwhals as nw

    frame = nw.from_native(table)
    schema = frame.collect_schema()
    checks = [_type_check(column, schema.get(column.name)) for column in contract.columns]
    sound = [column for column, check in zip(contract.columns, checks, strict=True) if check.passed]
    rules = [rule for column in sound for rule in rules_of(column, schema[column.name])]
    expressions = [rule.count.alias(str(number)) for number, rule in enumerate(rules)]
    result = frame.lazy().select(nw.len().alias("rows"), *expressions).collect().row(0)
    rows = int(result[0])
    checks += [_judge(rule, int(count or 0), rows) for rule, count in zip(rules, result[1:], strict=True)]
    names = {column.name for column in sound}
    checks += [_unique(frame, columns, rows) for columns in contract.unique if names.issuperset(columns)]
    return (*checks, _row_count(rows, contract))


def check_new_rows(table: Any, time: Column, *, since: datetime, least: int) -> Check:
    """Whether there is enough that the champion has not seen to be worth a training."""
    import narwhals as nw

    newer = nw.from_native(table).lazy().select((nw.col(time.name) > since).sum()).collect().item()
    return Check(
        "new rows", newer >= least, f"{newer} rows are newer than {since.isoformat()}, at least {least} wanted"
    )


def require(checks: Iterable[Check]) -> None:
    """Raise ContractBroken, with one text that names every check that failed."""
    checks = tuple(checks)
    failed = [f"{check.check}: {check.detail}" for check in checks if not check.passed]
    if failed:
        raise ContractBroken("the data break their contract: " + "; ".join(failed), checks)


def rules_of(column: Column, dtype: "nw.dtypes.DType") -> Iterator[Rule]:
    """The rules for the values of one column."""
    import narwhals as nw

    value = nw.col(column.name)
    yield Rule(f"{column.name} nulls", value.is_null().sum(), "are null", column.nulls)
    if dtype.is_numeric():
        low = -_FLOAT32 if column.minimum is None else column.minimum
        high = _FLOAT32 if column.maximum is None else column.maximum
        yield Rule(f"{column.name} range", ((value < low) | (value > high)).sum(), _outside(column))
    if column.type == "int" and dtype.is_float():
        yield Rule(f"{column.name} whole", (value != value.round(0)).sum(), "are not whole numbers")
    if column.values:
        strange = ~value.cast(nw.String).is_in(column.values) & ~value.is_null()
        fatal = column.role == "label"
        yield Rule(f"{column.name} values", strange.sum(), "hold a category the contract does not name", fatal=fatal)


def _type_check(column: Column, dtype: "nw.dtypes.DType | None") -> Check:
    if dtype is None:
        return Check(f"{column.name} type", False, "the data have no such column")
    detail = f"{dtype}, for {column.type}"
    return Check(f"{column.name} type", _fits(column, dtype), detail)


def _fits(column: Column, dtype: "nw.dtypes.DType") -> bool:
    import narwhals as nw

    match column.type:
        case "float" | "int":
            return dtype.is_numeric() and dtype != nw.Decimal
        case "bool":
            return dtype == nw.Boolean
        case "category" | "string":
            return dtype in (nw.String, nw.Categorical, nw.Enum)
        case "datetime":
            return dtype == nw.Datetime


def _outside(column: Column) -> str:
    low = "" if column.minimum is None else f"{column.minimum:g}"
    high = "" if column.maximum is None else f"{column.maximum:g}"
    return f"are outside {low}..{high}" if low or high else "are not finite"


def _judge(rule: Rule, count: int, rows: int) -> Check:
    share = count / rows if rows else 0.0
    passed = share <= rule.allowed or not rule.fatal
    limit = f", {rule.allowed:.4g} allowed" if rule.allowed else ""
    detail = (
        f"{count} of {rows} rows {rule.wording} ({share:.4f}{limit})"
        if count
        else f"none of {rows} rows {rule.wording}"
    )
    return Check(rule.check, passed, detail)


def _unique(frame: Any, columns: tuple[str, ...], rows: int) -> Check:
    import narwhals as nw

    distinct = frame.lazy().select(*columns).unique().select(nw.len()).collect().item()
    detail = f"{rows - distinct} of {rows} rows repeat another"
    return Check(f"unique {', '.join(columns)}", distinct == rows, detail)


def _row_count(rows: int, contract: Contract) -> Check:
    most = contract.max_rows
    passed = contract.min_rows <= rows and (most is None or rows <= most)
    limits = f"at least {contract.min_rows}" + (f" and at most {most}" if most is not None else "")
    return Check("rows", passed, f"{rows} rows in the window, {limits} wanted")
