"""Several labels, all the way: trained, judged each, promoted, asked by rows of a file, and held to the champion."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit

GOLDEN = Path(__file__).parents[1] / "golden/several/spec.yaml"
ROWS = 5_000


@pytest.fixture
def spec(tmp_path: Path) -> Iterator[Path]:
    """The spec with its rows beside it."""
    path = tmp_path / "parcels.yaml"
    path.write_text(GOLDEN.read_text().replace("s3://lake/parcels/", "parcels.parquet"))
    parcels().write_parquet(tmp_path / "parcels.parquet")
    try:
        yield path
    finally:
        invoke(["local", "stop", str(path)])


def parcels() -> pl.DataFrame:
    random = np.random.default_rng(7)
    weight, fragile = random.uniform(0, 60, ROWS).round(2), random.random(ROWS) < 0.3
    zone = random.choice(["city", "country", "island"], ROWS)
    hours = 4 + 10 * (zone == "country") + 30 * (zone == "island") + random.gamma(2, 1.5, ROWS)
    cents = (300 + 12 * weight + 200 * fragile + random.normal(0, 40, ROWS)).clip(0).round().astype(int)
    return pl.DataFrame(
        {
            "parcel": [f"p{number}" for number in range(ROWS)],
            "weight": weight,
            "zone": zone,
            "fragile": fragile,
            "hours": hours,
            "cents": cents,
        }
    )


@pytest.mark.slow
def test_several_labels_run_from_rows_to_predictions(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["apply", str(spec), "--auto-approve"]) == Exit.DONE, capsys.readouterr().err
    assert invoke(["run", str(spec)]) == Exit.DONE, capsys.readouterr().err
    first = capsys.readouterr().out
    assert "rmse of hours at most 6 " in first
    assert "mae of cents at most 150 for each zone [zone=island]" in first
    assert "promoted" in first

    assert invoke(["run", str(spec)]) == Exit.DONE, capsys.readouterr().err
    (held,) = [line for line in capsys.readouterr().out.splitlines() if "95% sure" in line]
    assert held.strip().startswith("mae of hours at most 0 worse than the champion")
    value, limit, champion, word = held.split()[-4:]
    assert (value, limit, word) == (champion, "0.0000", "pass"), "the same rows give the same model"

    asked = parcels().head(50).drop("hours", "cents")
    asked.write_csv(tmp_path / "asked.csv")
    command = ["predict", str(spec), "--file", str(tmp_path / "asked.csv"), "--out", str(tmp_path / "told.csv")]
    assert invoke(command) == Exit.DONE, capsys.readouterr().err
    told = pl.read_csv(tmp_path / "told.csv")
    assert told.columns == [*asked.columns, "values.hours", "values.cents", "problem"]
    off = (told["values.cents"] - parcels().head(50)["cents"]).abs().mean()
    assert isinstance(off, float)
    assert off < 100
