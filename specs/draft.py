"""Facts about a table of rows -> the text of a spec for it, valid as it is, every guess told in a comment."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.specs.nearest import hint_for

MOST_CATEGORIES = 50
MOST_CLASSES = 10  # of a label of whole numbers
Kind = Literal["float", "int", "bool", "category", "string", "datetime"]


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """What is true of one column: its kind, how many values differ, its range, its values when few, its nulls; and why
    no model reads what it holds, where that is so."""

    name: str
    kind: Kind
    distinct: int
    nulls: int
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()
    infinite: bool = False
    unread: str = ""


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What is true of the rows; `uri` is where a spec finds them."""

    uri: str
    format: Literal["parquet", "csv"]
    rows: int
    columns: tuple[ColumnFacts, ...]


@dataclass(frozen=True, slots=True)
class _Role:
    column: ColumnFacts
    role: Literal["feature", "label", "id", "time", "ignore", "absent"]
    why: str = ""
    personal: bool = False


_LABELS = ("label", "target", "y", "outcome", "class")
_WORDS = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
_PERSONAL = frozenset(
    ("email", "mail", "phone", "mobile", "fax", "firstname", "lastname", "fullname", "surname", "forename", "ssn")
).union(("passport", "iban", "birthday", "birthdate", "dob", "birth", "address", "street", "ip"))
_SMALL = 1000  # fewer test rows than this make a metric's limit a coarse one


def draft_spec(facts: TableFacts, answer: ColumnFacts, *, name: str, owner: str, alone: Sequence[str] = ()) -> str:
    """The text of a spec that learns `answer`; `alone` are columns that tell it by themselves. Raises SpecError when
    there is nothing to learn from."""
    classes = _as_classes(answer)
    roles = _one_time([_role(column, answer, facts.rows) for column in facts.columns])
    roles = [
        replace(role, column=classes, why=_why_classes(answer)) if role.role == "label" else role for role in roles
    ]
    if not any(role.role == "feature" for role in roles):
        hint = "features are numbers, truth values and categories"
        raise SpecError([Diagnostic("ML811", "no column can be a feature", hint=hint)])
    task = _task(classes)
    guess = f"    # label: {_key(answer.name)}; mlspec init --label chooses another"
    owner = owner if re.fullmatch(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+", owner) else json.dumps(owner)
    parts = [
        _head(facts, name, owner, answer),
        guess,
        *(_column(role, task) for role in roles),
        _rest(facts, [role for role in roles if role.role != "ignore"], _leakage(alone), task=task, owner=owner),
    ]
    return "\n".join(parts)


def choose_label(facts: TableFacts, wanted: str | None) -> ColumnFacts:
    """The column to learn: the one wanted, or the likeliest; raises SpecError when it cannot be learned."""
    known = {column.name: column for column in facts.columns}
    if wanted is not None and wanted not in known:
        hint = hint_for(wanted, known, "columns")
        raise SpecError([Diagnostic("ML811", f"there is no column '{wanted}'", hint=hint)])
    if wanted is not None:
        return _learned(known[wanted])
    learnable = [column for column in facts.columns if not _unlearnable(column)]
    named = [column for column in facts.columns if column.name.lower() in _LABELS]
    few = [column for column in learnable if column.distinct == 2]
    found = [*(column for column in named if column in learnable), *named, *few[-1:], *learnable[-1:]]
    if not found:
        raise SpecError([Diagnostic("ML811", "no column can be learned", hint="name one with --label")])
    return _learned(found[0])


def _learned(column: ColumnFacts) -> ColumnFacts:
    if why := _unlearnable(column):
        hint = "mend the rows, or name another column with --label"
        raise SpecError([Diagnostic("ML811", f"'{column.name}' cannot be learned: {why}", hint=hint)])
    return column


def _unlearnable(column: ColumnFacts) -> str:
    """Why no model can answer with the column, or nothing."""
    reasons = (
        (_unsaid(column), f"it {_unsaid(column)}"),
        (column.unread, f"it holds {column.unread}"),
        (column.nulls, f"{column.nulls} of its values are missing"),
        (column.distinct < 2, "it is the same in every row"),
        (column.infinite, "it holds an infinite number"),
        (column.kind == "datetime", "it is a time"),
        (column.kind == "string", f"it is a text with {column.distinct} values, more than {MOST_CATEGORIES}"),
        (_unwritten(column), _UNWRITTEN),
    )
    return next((why for true, why in reasons if true), "")


_UNWRITTEN = "it holds '???' or '${', which a spec reads as something else"


def _unwritten(column: ColumnFacts) -> bool:
    """Whether a spec cannot write its categories as they are."""
    return column.kind == "category" and any("${" in value or value == "???" for value in column.values)


def _unsaid(column: ColumnFacts) -> str:
    """Why neither a spec nor a request can name the column, or nothing."""
    if not column.name:
        return "has no name"
    bad = any(character in '"\\' or character < " " for character in column.name)
    return "has a quote, a backslash or a control character in its name" if bad else ""


def _as_classes(label: ColumnFacts) -> ColumnFacts:
    """A few whole numbers are more often classes than amounts."""
    return replace(label, kind="category") if label.kind == "int" and label.values else label


def _why_classes(label: ColumnFacts) -> str:
    return (
        "whole numbers, taken as classes; {type: int} learns them as amounts" if _as_classes(label) is not label else ""
    )


def _why_amounts(label: ColumnFacts) -> str:
    if label.kind == "float" and label.values:
        return f"an amount, though only {', '.join(label.values)}: for classes, store whole numbers or truth values"
    return "its range is not fixed: new rows may lie outside of it"


def _task(label: ColumnFacts) -> Literal["binary", "multiclass", "regression"]:
    if label.kind == "bool" or (label.kind == "category" and len(label.values) == 2):
        return "binary"
    return "multiclass" if label.kind == "category" else "regression"


def _role(column: ColumnFacts, label: ColumnFacts, rows: int) -> _Role:
    if column is label:
        return _Role(column, "label")
    if unsaid := _unsaid(column):
        return _Role(column, "absent", f"it {unsaid}")
    words = _words_of(column.name)
    unique = column.distinct == rows and not column.nulls
    if unique and words & {"id", "key", "index", "uuid"} and column.kind != "datetime":
        return _Role(column, "id", "one value for each row")
    if words & _PERSONAL:
        return _Role(
            column, "ignore", "named like personal data; if it may be used, write role: feature", personal=True
        )
    if column.unread:
        return _Role(column, "ignore", f"holds {column.unread}")
    if not column.distinct:
        return _Role(column, "ignore", "empty in every row")
    if column.infinite:
        return _Role(column, "ignore", "holds an infinite number, which no range of a contract allows")
    if column.kind == "datetime":
        return _Role(column, "time" if not column.nulls else "ignore", "" if not column.nulls else "has nulls")
    if column.kind == "string":
        return _Role(column, "ignore", f"a text with {column.distinct} values: more than {MOST_CATEGORIES}")
    if column.distinct < 2:
        return _Role(column, "ignore", "the same in every row")
    if _unwritten(column):
        return _Role(column, "ignore", _UNWRITTEN)
    return _Role(column, "feature")


def _words_of(name: str) -> set[str]:
    """The words of a column's name, and those that two of them make: `FirstName`, `first_name` and `first name`."""
    parts = [part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+", name)]
    return {*parts, *(one + other for one, other in pairwise(parts)), name.lower()}


def features_of(facts: TableFacts, answer: ColumnFacts) -> list[str]:
    """The columns that the draft gives to the model."""
    return [
        one.column.name for one in (_role(each, answer, facts.rows) for each in facts.columns) if one.role == "feature"
    ]


def _one_time(roles: Sequence[_Role]) -> list[_Role]:
    """The first column of times is the clock; a second one may be known only after the label is."""
    times = [role for role in roles if role.role == "time"]
    late = "a second time; is it known when a prediction is asked for?"
    return [_Role(one.column, "ignore", late) if one in times[1:] else one for one in roles]


def _head(facts: TableFacts, name: str, owner: str, label: ColumnFacts) -> str:
    return f"""\
# yaml-language-server: $schema=mlspec.schema.json
# (for your editor: mlspec schema > mlspec.schema.json)
# Drafted from {facts.rows} rows. What was read from them is a fact about these rows only: check the ranges, and take
# out every column that is not yet known when a prediction is asked for.
apiVersion: mlspec/v1
name: {name}
owner: {owner}
description: {json.dumps(f"What is {label.name}?", ensure_ascii=False)}
defaults:
  - profile: minimal
  - _self_

data:
  source: {{uri: {json.dumps(facts.uri, ensure_ascii=False)}, format: {facts.format}}}
  columns:"""


def _column(role: _Role, task: str) -> str:
    column = role.column
    if role.role == "absent":
        return f"    # {json.dumps(column.name, ensure_ascii=False)} is left out: {role.why}"
    comment = f"    # {role.why}" if role.why else ""
    if role.role == "ignore":
        personal = ", pii: true" if role.personal else ""
        return f"    {_key(column.name)}: {{role: ignore{personal}}}{comment}"
    keys = [f"type: {column.kind}"]
    if role.role != "feature":
        keys.append(f"role: {role.role}")
    if column.values and column.kind == "category":
        keys.append(f"values: [{', '.join(_key(value) for value in column.values)}]")
    regression_label = role.role == "label" and task == "regression"
    if (
        column.kind in ("int", "float")
        and role.role == "feature"
        and column.low is not None
        and column.high is not None
    ):
        keys += [f"min: {_number(column.low)}", f"max: {_number(column.high)}"]
    if regression_label:
        comment = f"    # {_why_amounts(column)}"
    if column.nulls:
        keys.append("nullable: true")
    return f"    {_key(column.name)}: {{{', '.join(keys)}}}{comment}"


def _key(name: str) -> str:
    """A text of YAML, in quotes where it could be read as anything else."""
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) and name.lower() not in _WORDS
    return name if plain else json.dumps(name, ensure_ascii=False)


def _number(value: float) -> str:
    return f"{value:.15g}"


def _rest(facts: TableFacts, roles: Sequence[_Role], leakage: tuple[str, str], *, task: str, owner: str) -> str:
    least = max(1, facts.rows // 2)
    timed = any(role.role == "time" for role in roles)
    split = f"{{by: {'time' if timed else 'random'}, test: 20%, validation: 10%}}"
    reason = "the newest rows judge" if timed else "no column tells when a row happened; give one role: time if you can"
    identifiers = [role.column.name for role in roles if role.role == "id"]
    unique = f"{{unique: [{_key(identifiers[0])}]}}, " if identifiers else ""
    estimator = "HistGradientBoostingRegressor" if task == "regression" else "HistGradientBoostingClassifier"
    test = facts.rows // 5
    few = f"  # about {test} test rows: differences of a few points are chance\n" if test < _SMALL else ""
    return f"""\
  split: {split}    # {reason}
  checks: [{unique}{{rows: {{min: {least}}}}}{leakage[0]}]    # half of the rows there are now{leakage[1]}

training:
  estimator: {{_target_: sklearn.ensemble.{estimator}, max_iter: 200, learning_rate: 0.06}}
  seed: 7

gates:                        # a first limit, not a goal: raise it once you know what the model reaches
{few}{_gates(task)}
  - {{metric: latency_p99, max: 200ms}}

serving: {{target: lambda, memory: 1 GiB}}
rollout: {{strategy: canary, steps: [10%, 100%], bake: 10m, rollback_on: [errors, rejects]}}

monitors:                     # 0.2 is where PSI is commonly called a shift
  - {{signal: data_drift, method: psi, threshold: 0.2, window: 1d, columns: all}}
  - {{signal: prediction_drift, method: psi, threshold: 0.2, window: 1d}}
retraining: {{on: [data_drift], cooldown: 7d}}
notify: {{email: [{owner}]}}
"""


def _leakage(alone: Sequence[str]) -> tuple[str, str]:
    """The check that no feature tells the label by itself, unless in these rows some do: then a person must judge."""
    if not alone:
        return ", leakage", ""
    listed = "".join(f"\n  #   {_key(name)}" for name in alone[:5])
    more = f"\n  #   and {len(alone) - 5} more" if len(alone) > 5 else ""
    return (
        "",
        f"""
  # `leakage` is not among the checks, because these alone nearly tell the label:{listed}{more}
  # Give role: ignore to those that are known only after the answer; then add leakage to the checks.""",
    )


def _gates(task: str) -> str:
    metric, limit, why = {
        "binary": ("roc_auc", "min: 0.6", "0.5 is chance"),
        "multiclass": ("roc_auc", "min: 0.6", "0.5 is chance; the mean over the classes"),
        "regression": ("r2", "min: 0.1", "0 is what predicting the mean reaches"),
    }[task]
    tolerance = "0.02"
    return (
        f"  - {{metric: {metric}, {limit}}}    # {why}\n"
        f"  - {{metric: {metric}, versus: champion, tolerance: {tolerance}}}    # no worse than what serves"
    )
