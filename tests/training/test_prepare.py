"""The example's data: real flights, each once, with nothing in the features that is known only later."""

import importlib.util
from datetime import date
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from mlspec.specs.load import load_spec

EXAMPLE = Path(__file__).parents[2] / "examples/flight-delay"


def load_prepare() -> ModuleType:
    spec = importlib.util.spec_from_file_location("prepare", EXAMPLE / "prepare.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flights")
    assert load_prepare().prepare(folder) == 327_346
    return folder


def test_there_is_one_file_a_day_with_the_columns_of_the_spec(folder: Path) -> None:
    files = sorted(folder.iterdir())
    assert len(files) == 365
    assert (files[0].name, files[-1].name) == ("day=2013-01-01.parquet", "day=2013-12-31.parquet")
    columns = load_spec(EXAMPLE / "flight-delay.yaml").spec.data.columns
    assert pl.read_parquet_schema(files[0]).keys() == columns.keys()
    assert set(pl.read_parquet(files[4])["weekday"]) == {6}


def test_flights_are_each_once_labelled_and_within_the_contract(folder: Path) -> None:
    table = pl.read_parquet(folder / "*.parquet")
    assert table["flight_id"].n_unique() == table.height
    assert table["late"].null_count() == 0
    assert table["late"].mean() == pytest.approx(0.2372, abs=0.001)
    assert table.filter(pl.col("wind_speed") > 100).is_empty()
    days = table["time_hour"].dt.convert_time_zone("America/New_York")
    assert (days.dt.weekday() == table["weekday"]).all()
    assert (days.dt.hour() == table["hour"]).all()
    assert days.dt.date().min() == date(2013, 1, 1)
