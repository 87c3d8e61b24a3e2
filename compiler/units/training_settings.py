"""Turns a checked spec into the source of `settings.py`: what its training job is told, as typed literals."""

from decimal import Decimal
from typing import Any

from mlspec.compiler.units.literals import call, literal, wrapped
from mlspec.specs.checked import Checked
from mlspec.specs.estimators import ESTIMATORS, framework_of
from mlspec.specs.models import Column, DataCheck, Spec
from mlspec.specs.units import Duration, Percent

_WIDTH = 110
_SETTINGS = '''"""What the training job of {name} is told, from:

{sources}
"""

from mlspec.runtime.contract import Column, Contract
from mlspec.runtime.training_settings import {names}

CONTRACT = {contract}

SETTINGS = {settings}
'''


def settings_source(checked: Checked) -> str:
    """The module, with the spec's line beside every column."""
    spec = checked.spec
    return _SETTINGS.format(
        name=spec.name,
        sources=_sources(checked),
        contract=_contract(checked),
        settings=_settings(spec),
        names=("Fit, " if framework_of_spec(spec) == "torch" else "") + "Part, Split, TrainingSettings",
    )


def _sources(checked: Checked) -> str:
    """Which lines of the spec asked for it."""
    return "\n".join(f"- {block}: {_line(checked, block)}" for block in ("data", "training", "gates"))


def _line(checked: Checked, path: str) -> str:
    origin = checked.origins.of(path)
    return f"{origin.span.file}:{origin.span.line}" if origin.span else str(origin)


def _contract(checked: Checked) -> str:
    spec = checked.spec
    columns = [
        "        " + _column(name, column, source=_line(checked, f"data.columns.{name}"))
        for name, column in spec.data.columns.items()
        if column.role != "ignore" or (column.type is not None and name in _segments(spec))
    ]
    checks = [check for check in spec.data.checks if isinstance(check, DataCheck)]
    rows = [check.rows for check in checks if check.rows is not None]
    arguments: dict[str, str] = {
        "columns": "(\n{}\n    )".format("\n".join(columns)),
        "unique": literal(tuple(check.unique for check in checks if check.unique is not None)),
        "min_rows": literal(max((limit.min for limit in rows), default=1)),
        "max_rows": literal(min((limit.max for limit in rows if limit.max is not None), default=None)),
        "leakage": literal("leakage" in spec.data.checks),
    }
    return call("Contract", arguments)


def _column(name: str, column: Column, *, source: str) -> str:
    """One line, with the place in the spec it comes from; categories that do not fit are wrapped below it."""
    facts: dict[str, Any] = {
        "minimum": column.min,
        "maximum": column.max,
        "nulls": _share(column.nullable) or None,
        "parts": column.parts or None,
    }
    given = [literal(name), literal(column.type), literal(column.role)]
    given += [f"{key}={literal(value)}" for key, value in facts.items() if value is not None]
    whole = [*given, f"values={literal(column.values)}"] if column.values else given
    line = f"Column({', '.join(whole)}),  # {source}"
    if len(line) < _WIDTH or not column.values:
        return line
    values = wrapped(column.values, indent=16)
    return f"Column({', '.join(given)}, values=(  # {source}\n{values}\n        )),"


def _share(nullable: bool | Percent) -> float:
    return float(nullable.fraction) if isinstance(nullable, Percent) else float(nullable)


def _settings(spec: Spec) -> str:
    data, training = spec.data, spec.training
    target, arguments = training.estimator["_target_"], {**training.estimator}
    del arguments["_target_"]
    test, validation = _part(data.split.test), _part(data.split.validation)
    return call(
        "TrainingSettings",
        {
            "model": literal(spec.name),
            "environment": literal(spec.environment),
            "format": literal(data.source.format),
            "contract": "CONTRACT",
            "split": f"Split({literal(data.split.by)}, test={test}, validation={validation})",
            "estimator": literal(target),
            "arguments": literal(arguments),
            "framework": literal(framework_of_spec(spec)),
            **({"fit": f"Fit({_keywords(training.fit.model_dump())})"} if framework_of_spec(spec) == "torch" else {}),
            **({"preprocess": literal(training.preprocess.model_dump())} if training.preprocess else {}),
            "seed": literal(training.seed),
            "window": literal(data.window.milliseconds if data.window else None),
            "versus": literal(_versus(spec)),
            "segments": literal(_segments(spec)),
            "engine": literal(spec.serving.engine),
            "target": literal(spec.serving.target),
            **({"explain": literal(True)} if spec.serving.explain else {}),
            **({"answer": literal(spec.serving.answer)} if spec.serving.answer != "prediction" else {}),
        },
    )


def framework_of_spec(spec: Spec) -> str:
    """The library that trains: what `_target_` is of, or what the spec says of a class that is in no table."""
    target = str(spec.training.estimator.get("_target_"))
    return framework_of(target) if target in ESTIMATORS else spec.training.framework or "sklearn"


def _keywords(values: dict[str, Any]) -> str:
    return ", ".join(f"{name}={literal(value)}" for name, value in values.items())


def _part(part: Percent | Duration) -> str:
    if isinstance(part, Duration):
        return f"Part(milliseconds={part.milliseconds})"
    return f"Part(share={literal(float(part.fraction))})"


def _versus(spec: Spec) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """Each metric that a gate compares with the champion, and the confidences its gates ask for."""
    asked: dict[str, set[Decimal]] = {}
    for gate in spec.gates:
        if gate.metric is not None and gate.versus is not None:
            confidence = {gate.confidence.fraction} if gate.confidence else set()
            asked.setdefault(gate.measured, set()).update(confidence)
    return tuple((metric, tuple(float(c) for c in sorted(confidences))) for metric, confidences in asked.items())


def _segments(spec: Spec) -> tuple[str, ...]:
    """The columns whose categories gates judge one by one."""
    return tuple(dict.fromkeys(gate.each for gate in spec.gates if gate.each is not None))
