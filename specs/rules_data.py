"""Rules about the columns, the splits and what is learned from them."""

import re
from collections.abc import Iterator, Mapping

from mlspec.specs.nearest import hint_for, shortened
from mlspec.specs.units import Duration, Percent
from mlspec.specs.view import View
from mlspec.specs.wording import Wording

_COLUMNS = ("data", "columns")
_URI = re.compile(r"(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/|\Z)|(?![a-z0-9+.-]*:)[^\s])", re.IGNORECASE)


def reachable_source(view: View) -> Iterator[Wording]:
    """Rows are in S3, or beside the spec."""
    data = view.tree.get("data")
    source = data.get("source") if isinstance(data, Mapping) else None
    uri = source.get("uri") if isinstance(source, Mapping) else None
    if isinstance(uri, str) and not _URI.match(uri):
        hint = "expected s3://bucket/prefix/, or a file or folder beside the spec"
        yield Wording("ML208", f"uri is '{shortened(uri)}'", hint, ("data", "source", "uri"))


def some_label(view: View) -> Iterator[Wording]:
    """A model learns one thing, or several numbers; classes are learned alone."""
    labels = view.named("label")
    if view.all_roles and not labels:
        hint = "give the column to be predicted `role: label`"
        yield Wording("ML220", "no column has role label", hint, _COLUMNS, True)
    for name in labels[1:]:
        if {_type(view, labels[0]), _type(view, name)} & {"bool", "category"}:
            message = f"'{name}' is a second label beside '{labels[0]}', and classes are learned alone"
            yield Wording("ML220", message, "several labels are all of type int or float", (*_COLUMNS, name, "role"))


def _type(view: View, name: str) -> str | None:
    return view.columns[name].type if name in view.columns else None


def learnable_label(view: View) -> Iterator[Wording]:
    """Classes and numbers can be learned; texts and times cannot, and nulls are no answer."""
    for name in view.named("label"):
        column = view.columns.get(name)
        if column and column.type in ("string", "datetime"):
            message = f"a label of type {column.type} cannot be learned"
            yield Wording("ML223", message, "allowed: bool, category, int, float", (*_COLUMNS, name, "type"))
        if column and column.type == "category" and len(set(column.values)) < 2:
            yield Wording("ML223", "a label needs at least two values", "", (*_COLUMNS, name, "values"))


def one_time_column(view: View) -> Iterator[Wording]:
    """Windows and splits go by one clock."""
    times = view.named("time")
    for name in times[1:]:
        message = f"'{name}' is a second time column"
        yield Wording("ML221", message, f"the first is '{times[0]}'", (*_COLUMNS, name, "role"))
    for name in times:
        column = view.columns.get(name)
        if column and column.type != "datetime":
            message = f"the time column '{name}' has type {column.type}"
            yield Wording("ML221", message, "a time column has type datetime", (*_COLUMNS, name, "type"))


def time_needs_a_column(view: View) -> Iterator[Wording]:
    """Whatever goes by time needs to know which column tells it."""
    if not view.all_roles or view.named("time"):
        return
    hint = "give a column of type datetime `role: time`"
    split = view.split
    if split and split.by == "time":
        yield Wording("ML222", "a split by time needs a time column", hint, ("data", "split", "by"))
    data = view.tree.get("data")
    if isinstance(data, Mapping) and data.get("window") is not None:
        yield Wording("ML222", "a window needs a time column", hint, ("data", "window"))


def lengths_go_with_time(view: View) -> Iterator[Wording]:
    """The last 15 days can only be cut off where rows are in order of time."""
    split = view.split
    for key in ("test", "validation"):
        if split and split.by != "time" and isinstance(getattr(split, key), Duration):
            message = f"{key} is a length of time, and the split is at random"
            yield Wording("ML222", message, "use a percentage, or split by time", ("data", "split", key))


def some_features(view: View) -> Iterator[Wording]:
    """There is something to predict from, and it is something a model can take in."""
    if view.roles and not view.named("feature"):
        yield Wording("ML237", "no column is a feature", "a column without a role is one", _COLUMNS, True)
    for name in view.named("feature"):
        column = view.columns.get(name)
        if column and column.type == "string":
            hint = "allowed: float, int, bool, category; or give the column another role: ignore, id, time"
            yield Wording("ML237", "a feature cannot be a string", hint, (*_COLUMNS, name, "type"))
        if column and column.type == "datetime" and not column.parts:
            hint = "say what of it the model sees, such as `parts: [hour, weekday]`; or give the column another role"
            yield Wording("ML237", "a time is a feature by its parts", hint, (*_COLUMNS, name, "type"))
        for part in column.parts if column else ():
            if f"{name}.{part}" in view.roles:
                message = f"the part '{part}' of '{name}' is called like the column '{name}.{part}'"
                yield Wording("ML237", message, "rename the column", (*_COLUMNS, f"{name}.{part}"), True)


def personal_data_on_purpose(view: View) -> Iterator[Wording]:
    """Personal data is a feature only where somebody wrote so."""
    data = view.tree.get("data")
    columns = data.get("columns") if isinstance(data, Mapping) else None
    for name, column in view.columns.items():
        raw = columns.get(name) if isinstance(columns, Mapping) else None
        if column.pii and isinstance(raw, Mapping) and "role" not in raw:
            message = f"'{name}' is personal data, and would be a feature by default"
            yield Wording("ML238", message, "write its role: ignore, id, or feature", (*_COLUMNS, name, "pii"))


def bounds_fit_the_type(view: View) -> Iterator[Wording]:
    """Only numbers have a smallest and a largest."""
    for name, column in view.columns.items():
        for key in ("min", "max"):
            if getattr(column, key) is not None and column.type not in ("int", "float"):
                message = f"a column of type {column.type} has no {key}"
                yield Wording("ML209", message, f"{key} is for int and float", (*_COLUMNS, name, key))


def unique_columns_exist(view: View) -> Iterator[Wording]:
    """A key of the table is made of columns of the contract."""
    for index, check in view.checks.items():
        for position, name in enumerate(check.unique or ()):
            if view.roles and name not in view.roles:
                path = ("data", "checks", str(index), "unique", str(position))
                yield Wording("ML230", f"there is no column '{name}'", hint_for(name, view.roles, "columns"), path)


def splits_leave_rows(view: View) -> Iterator[Wording]:
    """Test and validation together leave something to train on, and gates something to judge by."""
    split = view.split
    if split is None:
        return
    test, validation = split.test, split.validation
    if isinstance(test, Percent) and isinstance(validation, Percent) and test.fraction + validation.fraction >= 1:
        message = f"test {test} and validation {validation} leave nothing to train on"
        yield Wording("ML240", message, "", ("data", "split", "test"))
    if (isinstance(test, Percent) and not test.fraction) or (isinstance(test, Duration) and not test.milliseconds):
        yield Wording(
            "ML240", "no rows are left to judge gates by", "test is more than nothing", ("data", "split", "test")
        )


def one_aim_of_tuning(view: View) -> Iterator[Wording]:
    """A search goes in one direction."""
    if view.tune and (view.tune.maximize is None) == (view.tune.minimize is None):
        yield Wording("ML235", "a tuning has exactly one of: maximize, minimize", "", ("training", "tune"), True)
