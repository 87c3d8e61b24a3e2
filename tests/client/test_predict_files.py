"""`mlspec predict --file`: rows of every format in, predictions and problems by the file's row numbers out."""

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit
from tests.client.conftest import ROW, Served, answering

ROWS = [{"key": f"k{number}", **ROW, "a b": number / 20 or None} for number in range(120)]


def _write(path: Path, rows: list[dict[str, Any]]) -> Path:
    match path.suffix:
        case ".csv":
            pl.DataFrame(rows).write_csv(path)
        case ".parquet":
            pl.DataFrame(rows).write_parquet(path)
        case ".json":
            path.write_text(json.dumps(rows))
        case _:
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def _read(path: Path) -> list[dict[str, Any]]:
    match path.suffix:
        case ".csv":
            with path.open(newline="") as file:
                return list(csv.DictReader(file))
        case ".parquet":
            return pl.read_parquet(path).to_dicts()
        case ".json":
            rows: list[dict[str, Any]] = json.loads(path.read_text())
            return rows
        case _:
            return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("ending", ["csv", "json", "ndjson", "jsonl", "parquet"])
def test_every_format_in_and_out(served: Served, tmp_path: Path, ending: str) -> None:
    """120 rows are three requests of 50 at most; the file's columns stay, and what is no feature is not sent."""
    source, target = _write(tmp_path / f"rows.{ending}", ROWS), tmp_path / f"out.{ending}"
    words = ["--file", str(source), "--out", str(target), "--url", served.url]
    assert invoke(["predict", str(served.spec), *words]) == Exit.DONE
    found = _read(target)
    assert [row["key"] for row in found] == [row["key"] for row in ROWS]
    assert {row["predicted_class"] for row in found} <= {"low", "middle", "high"}
    assert {str(row["class"]) for row in found} == {"3"}
    shares = [float(row[f"probabilities.{name}"]) for row in found[:1] for name in ("low", "middle", "high")]
    assert sum(shares) == pytest.approx(1)
    assert not any(row["problem"] for row in found)


@pytest.mark.parametrize("ending", ["csv", "ndjson", "parquet"])
def test_bad_rows_are_told_by_their_number_in_the_file(
    served: Served, tmp_path: Path, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{**row, "class": -7} if number in (0, 77) else row for number, row in enumerate(ROWS)]
    source, target = _write(tmp_path / f"rows.{ending}", rows), tmp_path / "out.json"
    words = ["--file", str(source), "--out", str(target), "--url", served.url, "--batch", "30"]
    assert invoke(["predict", str(served.spec), *words]) == Exit.ERROR
    out = capsys.readouterr().out
    assert "118 of 120 rows predicted" in out
    assert "row 1, class: " in out
    assert "row 78, class: " in out
    found = _read(target)
    assert [number for number, row in enumerate(found) if row["problem"]] == [0, 77]
    assert found[77]["predicted_class"] is None
    assert found[76]["predicted_class"] is not None


def test_a_request_in_which_no_row_is_good_keeps_those_after_it_from_nothing(
    served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{**row, "class": -7} if 30 <= number < 60 else row for number, row in enumerate(ROWS)]
    source, target = _write(tmp_path / "rows.ndjson", rows), tmp_path / "out.json"
    words = ["--file", str(source), "--out", str(target), "--url", served.url, "--batch", "30"]
    assert invoke(["predict", str(served.spec), *words]) == Exit.ERROR
    assert "90 of 120 rows predicted" in capsys.readouterr().out
    assert [number for number, row in enumerate(_read(target)) if row["problem"]] == list(range(30, 60))


def test_a_file_in_which_no_row_is_good_is_told_by_its_rows(
    served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = _write(tmp_path / "rows.ndjson", [{**row, "class": -7} for row in ROWS[:4]])
    words = ["--file", str(source), "--url", served.url, "--batch", "2"]
    assert invoke(["predict", str(served.spec), *words]) == Exit.ERROR
    assert [text.split(",")[0].strip() for text in capsys.readouterr().out.splitlines()[1:]] == [
        "row 1", "row 2", "row 3", "row 4",
    ]  # fmt: skip
    assert invoke(["predict", str(served.spec), *words, "--json"]) == Exit.ERROR
    told = json.loads(capsys.readouterr().out)
    assert (told["status"], [problem["row"] for problem in told["problems"]]) == (400, [1, 2, 3, 4])


def test_machines_get_every_prediction_and_problem(
    served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = _write(tmp_path / "rows.json", [*ROWS, {**ROWS[0], "paid": "yes"}])
    assert invoke(["predict", str(served.spec), "--file", str(source), "--url", served.url, "--json"]) == Exit.ERROR
    told = json.loads(capsys.readouterr().out)
    assert (told["status"], told["model"], len(told["predictions"])) == (200, "odd-ones", 121)
    assert [(problem["row"], problem["column"]) for problem in told["problems"]] == [(121, "paid")]


def test_what_a_csv_holds_that_is_no_number_is_told_as_it_stands(
    served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rows.csv").write_text("a b,class,shop,paid\n1,2.0,east,true\nmany,2,east,false\n,2.5,east,maybe\n")
    words = ["--file", str(tmp_path / "rows.csv"), "--url", served.url]
    assert invoke(["predict", str(served.spec), *words]) == Exit.ERROR
    out = capsys.readouterr().out
    for place in ("row 2, a b", "row 3, class", "row 3, paid"):
        assert place in out
    assert "row 1," not in out


def test_a_parquet_file_of_other_tools_is_read_as_it_is_meant(
    served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Decimal numbers, whole numbers kept as floating point, categories, and columns that are nobody's business."""
    rows = pl.DataFrame(
        {
            "a b": pl.Series(["0.5", "1.5"]).cast(pl.Decimal(10, 2)),
            "class": [3.0, 2.0],
            "shop": pl.Series(["east", "east"], dtype=pl.Categorical),
            "paid": [True, False],
            "key": [date(2026, 1, 1), None],
            "list": [[1], [2]],
            "bytes": [b"a", b"\xff"],
        }
    )
    rows.write_parquet(tmp_path / "rows.parquet")
    for ending in ("json", "csv", "parquet"):
        words = [
            "--file",
            str(tmp_path / "rows.parquet"),
            "--out",
            str(tmp_path / f"out.{ending}"),
            "--url",
            served.url,
        ]
        assert invoke(["predict", str(served.spec), *words]) == Exit.DONE
    assert [row["a b"] for row in _read(tmp_path / "out.json")] == [0.5, 1.5]
    rows.with_columns(pl.col("list").alias("a b")).write_parquet(tmp_path / "rows.parquet")
    assert invoke(["predict", str(served.spec), *words]) == Exit.ERROR
    assert 'row 1, a b: expected a number from -9 to 9 or null, got "[1]"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("rows.xlsx", b"??", "ML833"),
        ("rows.json", b"[1]", "1 is no row"),
        ("rows.json", b"[{", "ML833"),
        ("rows.json", b"42", "42 is no list of rows"),
        ("rows.json", b'{"records": 5}', "5 is no list of rows"),
        ("rows.json", b"[" * 100_000, "ML833"),
        ("rows.csv", b'a b\n"x"y\n', "ML833"),
        ("rows.csv", b"a b,Class,shop\n1,2,east\n", "rows.csv has no column class, paid"),
        ("rows.csv", b"a,b\n1\n", "row 1 has not as many fields"),
        ("rows.parquet", b"PAR1", "ML833"),
        ("rows.ndjson", b"\xff\xfe", "ML833"),
    ],
)
def test_files_that_cannot_be_read_are_told(
    served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    words = ["--file", str(tmp_path / name), "--url", served.url]
    assert invoke(["predict", str(served.spec), *words]) == Exit.ERROR
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("url", ["ftp://x", "http://127.0.0.1:1/", "http://127.0.0.1:99999/", "http://a..b/"])
def test_a_url_where_nobody_answers_is_told(served: Served, capsys: pytest.CaptureFixture[str], url: str) -> None:
    assert invoke(["predict", str(served.spec), "--record", json.dumps(ROW), "--url", url]) == Exit.ERROR
    assert "ML83" in capsys.readouterr().err


def test_what_answers_and_is_no_model_is_told(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    with answering(lambda number, handler: (200, {}, b"<html>")) as (url, _):
        assert invoke(["predict", str(served.spec), "--record", json.dumps(ROW), "--url", url]) == Exit.ERROR
    assert "is no model's server: 200: no model's answer" in capsys.readouterr().err


def test_one_record_at_a_url(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["predict", str(served.spec), "--record", json.dumps(ROW), "--url", served.url]) == Exit.DONE
    assert "probabilities.low" in capsys.readouterr().out
