"""Times as features: the service takes them apart exactly as training does, whatever offset they were written with."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, get_args

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlspec.compiler.units.inference import inference_unit
from mlspec.compiler.units.training import training_unit
from mlspec.runtime.contract import Column as TrainingColumn
from mlspec.runtime.contract import Contract, DatePart
from mlspec.runtime.dataset import read_rows
from mlspec.runtime.matrix import feature_matrix
from mlspec.runtime.training_settings import Part, Split, TrainingSettings
from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import SpecError

SPEC = """\
apiVersion: mlspec/v1
name: trips
owner: team@example.com
data:
  source: {uri: "s3://lake/trips/"}
  columns:
    km:     {type: float, nullable: true}
    booked: {type: datetime, parts: [PARTS], nullable: true}
    late:   {type: bool, role: label}
training: {estimator: {_target_: sklearn.ensemble.HistGradientBoostingClassifier}}
"""
ALL = get_args(DatePart)
OFFSETS: st.SearchStrategy[Any] = st.none() | st.integers(-14 * 60, 14 * 60).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)
TIMES = st.datetimes(datetime(1678, 1, 1), datetime(2261, 12, 31), timezones=OFFSETS)


@pytest.fixture(scope="module")
def contract(check_spec: Callable[[str], Checked]) -> dict[str, Any]:
    return contract_of(check_spec(SPEC.replace("PARTS", ", ".join(ALL))))


def contract_of(checked: Checked) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "contract"}
    exec(compile(inference_unit(checked).files["contract.py"], "contract.py", "exec"), namespace)
    return namespace


def served(contract: dict[str, Any], texts: list[str | None]) -> list[float]:
    """What the service lays out for times as they are written, by both ways in."""
    rows = [{"km": None, "booked": text} for text in texts]
    records = contract["decode"](json.dumps({"records": rows}).encode()).records
    columns = contract["decode"](json.dumps({"columns": {"km": [None] * len(texts), "booked": texts}}).encode()).columns
    laid_out: bytes = contract["assemble"](records)
    assert contract["assemble_columns"](columns, len(texts)) == laid_out
    return [float(value) for value in memoryview(laid_out).cast("f")]


def trained(texts: list[str | None], folder: Path) -> list[float]:
    """What training lays out for a file that holds the same texts."""
    pl.DataFrame({"km": [None] * len(texts), "booked": texts}, {"km": pl.Float64, "booked": pl.String}).write_parquet(
        folder / "rows.parquet"
    )
    columns = (TrainingColumn("km", "float"), TrainingColumn("booked", "datetime", parts=ALL))
    split = Split("random", Part(share=0.2), Part(share=0.1))
    settings = TrainingSettings(
        model="trips", environment="dev", format="parquet", contract=Contract(columns), split=split,
        estimator="", arguments={}, seed=0, window=None, versus=(), segments=(),
    )  # fmt: skip
    rows = read_rows(folder, settings, now=datetime(2300, 1, 1, tzinfo=UTC))
    laid_out: list[float] = feature_matrix(rows, Contract(columns).features).ravel().tolist()
    return laid_out


@given(times=st.lists(st.none() | TIMES, min_size=1, max_size=20).filter(any))
def test_the_service_takes_times_apart_as_training_does(
    contract: dict[str, Any], times: list[datetime | None], tmp_path_factory: pytest.TempPathFactory
) -> None:
    utc = [None if time is None else time if time.tzinfo else time.replace(tzinfo=UTC) for time in times]
    texts = [None if time is None else time.isoformat() for time in utc]

    assert str(served(contract, texts)) == str(trained(texts, tmp_path_factory.mktemp("rows")))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("2013-05-16T23:30:00Z", [2013, 5, 16, 23, 30, 3, 136]),
        ("2013-05-16T23:30:00", [2013, 5, 16, 23, 30, 3, 136]),
        ("2013-05-16T23:30:00-05:00", [2013, 5, 17, 4, 30, 4, 137]),
        ("2013-05-17 04:30:00.999999+00:00", [2013, 5, 17, 4, 30, 4, 137]),
        ("2024-12-31T12:00:00+14:00", [2024, 12, 30, 22, 0, 0, 365]),
    ],
)
def test_a_time_is_read_in_utc(contract: dict[str, Any], text: str, parts: list[int], tmp_path: Path) -> None:
    assert served(contract, [text])[1:] == parts
    assert trained([text], tmp_path)[1:] == parts


def test_parts_are_inputs_of_their_own(contract: dict[str, Any]) -> None:
    assert list(contract["FEATURES"]) == ["km", *(f"booked.{part}" for part in ALL)]
    assert list(contract["LIMITS"])[1:] == [f"booked.{part}" for part in ALL]


def test_training_is_told_of_the_parts(check_spec: Callable[[str], Checked]) -> None:
    settings = training_unit(check_spec(SPEC.replace("PARTS", "hour, weekday"))).files["settings.py"].decode()

    assert 'parts=("hour", "weekday")' in settings


@pytest.mark.parametrize(
    "broken", ["parts: [hour, hour]", "parts: [century]", "parts: []", "role: id, parts: [hour]", "nullable: false"]
)
def test_parts_that_make_no_sense_are_refused(check_spec: Callable[[str], Checked], broken: str) -> None:
    with pytest.raises(SpecError):
        check_spec(SPEC.replace("parts: [PARTS], nullable: true", broken))


def test_two_inputs_cannot_share_a_name(check_spec: Callable[[str], Checked]) -> None:
    text = SPEC.replace("PARTS", "hour").replace("    km: ", "    booked.hour: {type: int}\n    km: ")

    with pytest.raises(SpecError) as refused:
        check_spec(text)

    assert [diagnostic.code for diagnostic in refused.value.diagnostics] == ["ML237"]
