"""An embedding, all the way: trained, judged by its prediction, promoted, answered by the function, held to itself."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit
from mlspec.specs.load import load_spec
from tests.container.rows import write_rows

GOLDEN = Path(__file__).parents[1] / "golden/embedding/spec.yaml"
NO_TORCH = importlib.util.find_spec("torch") is None


@pytest.fixture
def spec(tmp_path: Path) -> Iterator[Path]:
    """The spec on the function's target, with its rows beside it."""
    path = tmp_path / "listings.yaml"
    text = GOLDEN.read_text().replace("target: container, ", "").replace("s3://lake/listings/", "rows.parquet")
    against = "gates: [{metric: roc_auc, versus: champion, tolerance: 0.01, confidence: 95%}, "
    path.write_text(text.replace("gates: [", against))
    write_rows(load_spec(GOLDEN), tmp_path, rows=4000)
    try:
        yield path
    finally:
        invoke(["local", "stop", str(path)])


@pytest.mark.slow
@pytest.mark.skipif(NO_TORCH, reason="torch is not installed: make torch")
def test_an_embedding_runs_from_rows_to_vectors(spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["apply", str(spec), "--auto-approve"]) == Exit.DONE, capsys.readouterr().err
    assert invoke(["run", str(spec)]) == Exit.DONE, capsys.readouterr().err
    assert "promoted" in capsys.readouterr().out
    assert invoke(["run", str(spec)]) == Exit.DONE, capsys.readouterr().err
    (held,) = [line for line in capsys.readouterr().out.splitlines() if "95% sure" in line]
    assert held.split()[-1] == "pass", held

    file = str(tmp_path / "rows.parquet")
    command = ["predict", str(spec), "--file", file, "--out", str(tmp_path / "told.parquet")]
    assert invoke(command) == Exit.DONE, capsys.readouterr().err
    told = pl.read_parquet(tmp_path / "told.parquet")
    assert told["problem"].null_count() == 4000
    assert told["embedding"].list.len().unique().to_list() == [8]
    assert told["embedding"].n_unique() > 2000
