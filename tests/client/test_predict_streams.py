"""`mlspec predict --file` of large files: asked and written as they are read; what fails leaves nothing half-done."""

import csv
import json
import os
import tracemalloc
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any

import polars as pl
import pytest

from mlspec.cli.app import invoke
from mlspec.cli.asked_rows import AskedRows
from mlspec.cli.exits import Exit
from mlspec.cli.predicted_rows import PredictedRows
from mlspec.cli.row_files import Row, form_of
from mlspec.cli.row_reading import rows_in
from mlspec.cli.row_writing import written
from mlspec.cli.scoring import Outcome, score
from tests.client.conftest import ROW, Reply, Served, answering

GOOD = {"value": 1.5}
BAD = {**ROW, "class": -7}


def _lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _csv(path: Path) -> list[dict[str, Any]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _table(path: Path) -> pl.DataFrame:
    match path.suffix:
        case ".csv":
            return pl.read_csv(path)
        case ".json":
            return pl.read_json(path)
        case ".ndjson":
            return pl.read_ndjson(path)
        case _:
            return pl.read_parquet(path)


def _ask(served: Served, source: Path, target: Path, *more: str, url: str = "") -> int:
    words = ["--file", str(source), "--out", str(target), "--url", url or served.url]
    return invoke(["predict", str(served.spec), *words, *more])


def _answer(*predictions: Mapping[str, Any] | None) -> Reply:
    answer = {"model": "m", "release": "r", "version": "v", "predictions": predictions}
    return 200, {}, json.dumps(answer).encode()


@pytest.mark.parametrize("ending", ["csv", "ndjson"])
def test_ten_times_the_rows_take_no_more_memory(tmp_path: Path, ending: str) -> None:
    def ask(request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        predictions = [GOOD for _ in request["records"]]
        return 200, {"model": "m", "release": "r", "version": "v", "predictions": predictions}

    def peak(count: int) -> int:
        source, target = tmp_path / f"rows.{ending}", tmp_path / f"out.{ending}"
        table = pl.DataFrame({"key": range(count), "text": ["x" * 20] * count})
        table.write_csv(source) if ending == "csv" else table.write_ndjson(source)
        tracemalloc.start()
        rows = AskedRows([], rows_in(source, form_of(source.name), {}), ["key", "text"])
        with written(target) as out:
            predicted = PredictedRows(out, rows.columns, rows.read)
            for lot in score(ask, rows.asked(), Outcome(), most=100, partial=True):
                predicted.add(lot)
            predicted.keep()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(target.read_text().splitlines()) == count + (ending == "csv")
        return most

    peak(500)  # what is imported or remembered once
    assert peak(5_000) < 1.5 * peak(500)


@pytest.mark.parametrize("ending", ["csv", "json", "ndjson", "parquet"])
@pytest.mark.parametrize("there", [True, False])
def test_a_server_that_fails_midway_leaves_what_was_there(
    served: Served, tmp_path: Path, ending: str, there: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = _lines(tmp_path / "rows.ndjson", [ROW] * 4), tmp_path / f"out.{ending}"
    if there:
        target.write_text("as it was")
    replies = [_answer(GOOD, GOOD), (500, {}, b'{"error": "down"}')]
    with answering(lambda number, handler: replies[number]) as (url, _):
        assert _ask(served, source, target, "--batch", "2", url=url) == Exit.ERROR
    out = capsys.readouterr().out
    assert "500 down" in out
    assert "2 rows before that were answered" in out
    assert [path.name for path in tmp_path.iterdir() if path != source] == ([target.name] if there else [])
    assert not there or target.read_text() == "as it was"


def test_another_model_midway_is_told_and_nothing_is_written(
    served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = _lines(tmp_path / "rows.ndjson", [ROW] * 2)
    replies = [_answer(GOOD), _answer({"class": "a", "probabilities": {"a": 1.0}})]
    with answering(lambda number, handler: replies[number]) as (url, _):
        assert _ask(served, source, tmp_path / "out.csv", "--batch", "1", url=url) == Exit.ERROR
    assert "it answers with class, probabilities.a" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [source]


def test_an_answer_about_fewer_rows_is_no_models(
    served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = _lines(tmp_path / "rows.ndjson", [ROW] * 2)
    with answering(lambda number, handler: _answer(GOOD)) as (url, _):
        assert _ask(served, source, tmp_path / "out.csv", url=url) == Exit.ERROR
    assert "is no model's server: 200: no model's answer: 1 predictions of 2 rows" in capsys.readouterr().err


def test_what_is_too_much_for_a_server_is_asked_in_halves(
    served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, seen = _lines(tmp_path / "rows.ndjson", [{**ROW, "class": number} for number in range(20)]), list[int]()

    def ask(request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        seen.append(len(request["records"]))
        if len(request["records"]) > 4:
            return 413, {"error": "too much"}
        found = [{"value": record["class"]} for record in request["records"]]
        return 200, {"model": "m", "release": "r", "version": "v", "predictions": found}

    rows, outcome = rows_in(source, "ndjson", {}), Outcome()
    lots = list(score(ask, AskedRows([], rows, ["class"]).asked(), outcome, most=12, partial=True))
    assert seen == [12, 6, 3, 3, 6, 3, 3, 8, 4, 4]
    assert [one["value"] for lot in lots for one in lot.predictions if one] == list(range(20))
    assert [lot.first for lot in lots] == [0, 3, 6, 9, 12, 16]
    with answering(lambda number, handler: (413, {}, b'{"error": "too much"}')) as (url, _):
        assert _ask(served, source, tmp_path / "out.csv", url=url) == Exit.ERROR
    assert "413 too much" in capsys.readouterr().out


@pytest.mark.parametrize("ending", ["csv", "json", "ndjson", "parquet"])
def test_rows_refused_before_the_first_good_one_are_written_too(served: Served, tmp_path: Path, ending: str) -> None:
    source, target = _lines(tmp_path / "rows.ndjson", [BAD] * 7 + [ROW] * 3), tmp_path / f"out.{ending}"
    assert _ask(served, source, target, "--batch", "2") == Exit.ERROR
    table = _table(target)
    shares = [f"probabilities.{name}" for name in ("low", "middle", "high")]
    assert table.columns[:5] == [*ROW, "predicted_class"]
    assert sorted(table.columns[5:]) == sorted([*shares, "problem"])
    assert table["predicted_class"].is_null().to_list() == [True] * 7 + [False] * 3
    assert table["problem"].is_null().to_list() == [False] * 7 + [True] * 3


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_columns_that_come_up_late_have_their_place(served: Served, tmp_path: Path, ending: str) -> None:
    """Also the one by whose name a prediction is therefore not called."""
    rows = [ROW, {**ROW, "late": 1}, {**ROW, "probabilities.low": "x"}]
    source, target = _lines(tmp_path / "rows.ndjson", rows), tmp_path / f"out.{ending}"
    assert _ask(served, source, target, "--batch", "1") == Exit.DONE
    table = _table(target)
    assert table.columns[0:4] == list(ROW)
    assert table.columns[-3:] == ["problem", "late", "probabilities.low"]
    assert "predicted_probabilities.low" in table.columns
    assert table["late"].to_list() == [None, 1, None]
    assert table["probabilities.low"].to_list() == [None, None, "x"]


def test_what_was_predicted_is_a_file_to_predict(served: Served, tmp_path: Path) -> None:
    """No column of it is lost: neither the predictions nor the problems of before."""
    source = _lines(tmp_path / "rows.ndjson", [ROW, BAD])
    for number in (1, 2, 3):
        target = tmp_path / f"out{number}.csv"
        assert _ask(served, source, target) == Exit.ERROR
        source = target
    names = list(_csv(target)[0])
    for name in ("predicted_class", "predicted_" * 3 + "class", "problem", "predicted_problem"):
        assert name in names
    assert len(names) == 4 + 3 * 5


def test_a_file_can_be_replaced_by_itself_and_keeps_its_mode_and_links(served: Served, tmp_path: Path) -> None:
    path = _lines(tmp_path / "data", [ROW] * 3)
    path.chmod(0o640)
    link = tmp_path / "rows.ndjson"
    link.symlink_to(path)
    assert _ask(served, link, link) == Exit.DONE
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert [json.loads(line)["problem"] for line in path.read_text().splitlines()] == [None] * 3


def test_a_pipe_is_read_and_another_written(served: Served, tmp_path: Path) -> None:
    source, target, found = tmp_path / "rows", tmp_path / "out.csv", list[str]()
    for pipe in (source, target):
        os.mkfifo(pipe)
    ends = [
        Thread(target=lambda: source.write_text(json.dumps(ROW) + "\n" + json.dumps(ROW)), daemon=True),
        Thread(target=lambda: found.append(target.read_text()), daemon=True),
    ]
    for end in ends:
        end.start()
    assert _ask(served, source, target) == Exit.DONE
    for end in ends:
        end.join()
    assert len(found[0].splitlines()) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "rows"]


def test_an_unwritable_place_is_told_before_anything_is_asked(
    served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = _lines(tmp_path / "rows.ndjson", [ROW]), tmp_path / ("x" * 254 + ".csv")
    assert _ask(served, source, target, url="http://127.0.0.1:1/") == Exit.USAGE
    assert "cannot write" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.json", f"{json.dumps(ROW)}\n{json.dumps(ROW)}\n"),
        ("rows.ndjson", json.dumps([ROW, ROW])),
        ("rows.jsonl", json.dumps({"records": [ROW, ROW]})),
        ("rows", json.dumps({"records": [ROW, ROW]}, indent=2)),
        ("rows", "\ufeff" + json.dumps([ROW, ROW])),
        ("rows.ndjson", "\ufeff\n" + json.dumps(ROW) + "\r\n\r\n" + json.dumps(ROW)),
        ("rows.ndjson", json.dumps({**ROW, "note": "a\u2028b\x85c"}, ensure_ascii=False) + "\n" + json.dumps(ROW)),
        ("rows.csv", "\ufeffa b,class,shop,paid,,\n1,3.0,east,true,,\n\n,2,süd,0,,\n"),
    ],
    ids=["lines", "list", "records", "indented", "marked", "marked lines", "separators", "csv"],
)
def test_rows_as_other_tools_write_them_are_read(served: Served, tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert _ask(served, tmp_path / name, tmp_path / "out.csv") == Exit.DONE
    assert len(_csv(tmp_path / "out.csv")) == 2


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("rows.csv", b"a b,class,shop,paid,class\n1,2,east,1,3\n", "its header has class 2 times"),
        ("rows.csv", "a b,class,shop,paid\n1,2,süd,1\n".encode("latin-1"), "byte 0xfc is no UTF-8"),
        ("rows.csv", b"a b,class,shop,paid\n" + b"1,2,east,1\n" * 70 + b"1,2\n", "row 71 has not as many fields"),
        ("rows.ndjson", b'{"a b": 1}\n' * 70 + b"{\n", "no ndjson"),
    ],
)
def test_what_is_wrong_at_a_files_end_is_told_before_anything_is_asked(
    served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert _ask(served, tmp_path / name, tmp_path / "out.csv", url="http://127.0.0.1:1/") == Exit.ERROR
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("ending", ["json", "ndjson"])
def test_whole_numbers_that_another_tool_wrote_as_floating_point_are_read(
    served: Served, tmp_path: Path, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """As those of CSV and Parquet are: data frames keep a column so where some are null."""
    rows = [{**ROW, "class": 3.0}, {**ROW, "class": 3.5}]
    source = _lines(tmp_path / "rows.ndjson", rows)
    if ending == "json":
        source = tmp_path / "rows.json"
        source.write_text(json.dumps(rows))
    assert _ask(served, source, tmp_path / "out.csv") == Exit.ERROR
    assert "row 2, class: expected a whole number from 0 to 20, got 3.5" in capsys.readouterr().out
    assert [row["class"] for row in _csv(tmp_path / "out.csv")] == ["3", "3.5"]


@pytest.mark.parametrize("ending", ["csv", "ndjson"])
def test_values_within_values_are_written_as_json(served: Served, tmp_path: Path, ending: str) -> None:
    note = {"when": datetime(2026, 1, 1, 12), "sizes": [0.5, float("nan")]}
    pl.DataFrame([{**ROW, "note": note}]).write_parquet(tmp_path / "rows.parquet")
    target = tmp_path / f"out.{ending}"
    assert _ask(served, tmp_path / "rows.parquet", target) == Exit.DONE
    text = _csv(target)[0]["note"] if ending == "csv" else json.dumps(json.loads(target.read_text())["note"])
    assert json.loads(text) == {"when": "2026-01-01T12:00:00", "sizes": [0.5, None]}


def test_numbers_that_are_pythons_alone_are_refused(
    served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rows.csv").write_text("a b,class,shop,paid\n1,2,east,1\n1_0,1_0,east,1\n")
    assert _ask(served, tmp_path / "rows.csv", tmp_path / "out.csv") == Exit.ERROR
    out = capsys.readouterr().out
    assert "row 2, a b: " in out
    assert "row 2, class: " in out


def _mixed() -> Iterator[Row]:
    """Columns that turn out to be something else after ten thousand rows and more."""
    for number in range(25_000):
        late = number >= 12_000
        yield {
            "nulls": None,
            "late": "text" if late else None,
            "wholes": number + 0.5 if late else number,
            "texts": "x" if late else number,
            "lists": [1.5] if late else [1],
            **({"new": True} if late else {}),
        }


def test_parquet_in_parts_is_as_it_would_be_in_one(tmp_path: Path) -> None:
    rows = list(_mixed())
    names = [*rows[0], "new"]
    with written(tmp_path / "out.parquet") as out:
        for start in range(0, len(rows), 900):
            out.write(rows[start : start + 900], names)
        out.keep()
    found = pl.read_parquet(tmp_path / "out.parquet")
    whole = pl.DataFrame({name: [row.get(name) for row in rows] for name in names}, strict=False)
    assert found.equals(whole)
    assert found.schema == whole.schema
    assert [path.name for path in tmp_path.iterdir()] == ["out.parquet"]


def test_what_parquet_has_no_column_for_is_told(
    served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = _lines(tmp_path / "rows.ndjson", [{**ROW, "note": "\ud800"}])
    assert _ask(served, source, tmp_path / "out.parquet") == Exit.ERROR
    assert "the rows cannot be written as parquet" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [source]
    assert _ask(served, source, tmp_path / "out.csv") == Exit.DONE
    assert _csv(tmp_path / "out.csv")[0]["note"] == "?"
