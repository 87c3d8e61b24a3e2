"""A template as it is, from an empty folder to a model that serves: rows that keep its contract, and no edit."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit
from mlspec.cli.project import Project
from mlspec.specs.init import TEMPLATES
from mlspec.specs.models import Column, Spec

ROWS = 8_000
PATIENCE = 5.0  # seconds: how fast a busy machine answers is not what is tested


@pytest.fixture
def spec(template: str, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "model.yaml"
    assert invoke(["init", template, str(path)]) == Exit.DONE
    try:
        yield path
    finally:
        invoke(["local", "stop", str(path)])


@pytest.mark.slow
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_runs_without_edits(spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = Project(spec).checked.spec
    rows_of(said).write_parquet(tmp_path / "rows.parquet")
    assert invoke(["local", "start", str(spec)]) == Exit.DONE
    assert invoke(["local", "put", str(tmp_path / "rows.parquet"), said.data.source.uri, str(spec)]) == Exit.DONE
    slow = next(number for number, gate in enumerate(said.gates) if gate.metric == "latency_p99")
    patient = f"gates.{slow}.max={PATIENCE:g}s"
    assert invoke(["apply", str(spec), patient, "--auto-approve"]) == Exit.DONE, capsys.readouterr().err
    code = invoke(["run", str(spec), patient])
    told = capsys.readouterr().out
    assert code == Exit.DONE, told
    assert "promoted" in told


def rows_of(spec: Spec) -> pl.DataFrame:
    """Rows that keep the contract; the label follows from the features, with noise."""
    random = np.random.default_rng(7)
    columns = {name: values_of(column, random) for name, column in spec.data.columns.items()}
    signal = sum(spread(np.asarray(columns[name])) for name in spec.features) + random.normal(0, 0.4, ROWS)
    label = spec.column_of("label") or ""
    columns[label] = labels(spec.data.columns[label], np.asarray(signal))
    return pl.DataFrame({name: pl.Series(values) for name, values in columns.items()})


def values_of(column: Column, random: np.random.Generator) -> Any:
    low, high = column.min or 0, column.max if column.max is not None else 100
    match column.type:
        case "datetime":
            start = pl.datetime(2025, 1, 1, time_zone="UTC")
            hours = pl.datetime_range(start, start + pl.duration(hours=ROWS - 1), "1h", eager=True)
            return hours
        case "string":
            return [f"k{number}" for number in range(ROWS)]
        case "category":
            return random.choice(column.values, ROWS)
        case "bool":
            return random.random(ROWS) < 0.5
        case "int":
            return random.integers(int(low), int(high) + 1, ROWS)
        case _:
            return random.uniform(low, high, ROWS)


def spread(values: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """The values as numbers of mean 0 and deviation 1."""
    numbers = np.unique(values, return_inverse=True)[1].astype(float)
    centred: np.ndarray[Any, Any] = (numbers - numbers.mean()) / numbers.std()
    return centred


def labels(column: Column, signal: "np.ndarray[Any, Any]") -> Any:
    if column.type == "bool":
        return signal > 0
    if column.type == "category":
        parts = np.searchsorted(np.quantile(signal, np.linspace(0, 1, len(column.values) + 1)[1:-1]), signal)
        return [column.values[part] for part in parts]
    return (300_000 + 50_000 * signal).clip(0)
