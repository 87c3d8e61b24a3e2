"""A spec drafted from data: what was read is what the rows say, and it runs as it is."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit
from mlspec.cli.facts import facts_of, read_rows
from mlspec.specs.load import load_spec

ROWS = 400


def table() -> pl.DataFrame:
    at = [datetime(2026, 1, 1) + timedelta(hours=n) for n in range(ROWS)]
    return pl.DataFrame(
        {
            "customer_id": [f"c{n}" for n in range(ROWS)],
            "asked at": at,
            "told_at": at,
            "income": [None if n % 40 == 0 else 17.3 + n * 0.911 for n in range(ROWS)],
            "age": [18 + n % 71 for n in range(ROWS)],
            "no": ["yes" if n % 3 else "null" for n in range(ROWS)],
            "note": [f"text {n % 80}" for n in range(ROWS)],
            "same": [1] * ROWS,
            "member": [n % 2 == 0 for n in range(ROWS)],
            "grade": [n % 3 for n in range(ROWS)],
        }
    )


def draft(folder: Path, *words: str) -> Path:
    spec = folder / "model.yaml"
    assert invoke(["init", str(spec), "--from", str(folder / "rows.parquet"), "--force", *words]) == Exit.DONE
    return spec


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    table().write_parquet(tmp_path / "rows.parquet")
    return tmp_path


def test_the_contract_is_what_the_rows_say(folder: Path) -> None:
    spec = load_spec(draft(folder, "--label", "member")).spec
    columns = spec.data.columns
    assert {name: (column.type, column.role) for name, column in columns.items()} == {
        "customer_id": ("string", "id"),
        "asked at": ("datetime", "time"),
        "told_at": (None, "ignore"),
        "income": ("float", "feature"),
        "age": ("int", "feature"),
        "no": ("category", "feature"),
        "note": (None, "ignore"),
        "same": (None, "ignore"),
        "member": ("bool", "label"),
        "grade": ("int", "feature"),
    }
    assert (columns["income"].min, columns["income"].max) == (10.0, 390.0), "rounded outward"
    assert (columns["age"].min, columns["age"].max) == (18, 88)
    assert columns["no"].values == ("null", "yes")
    assert (columns["income"].nullable, columns["age"].nullable) == (True, False)
    assert (spec.task, spec.data.split.by) == ("binary", "time")


@pytest.mark.parametrize(("label", "task"), [("member", "binary"), ("grade", "multiclass"), ("age", "regression")])
def test_the_labels_type_chooses_the_kind_of_model(folder: Path, label: str, task: str) -> None:
    spec = draft(folder, "--label", label)
    checked = load_spec(spec)
    assert checked.spec.task == task
    assert checked.warnings == ()
    for command in ("validate", "plan"):
        assert invoke([command, str(spec), "--strict"]) == Exit.DONE


def test_a_guessed_label_is_told(folder: Path) -> None:
    spec = draft(folder)
    assert "# label: member;" in spec.read_text()
    assert load_spec(spec).spec.column_of("label") == "member"


@pytest.mark.parametrize("scale", [1e-9, 0.003, 1.0, 7e5, 1e12])
def test_ranges_hold_their_rows(tmp_path: Path, scale: float) -> None:
    values = [scale * (n * 0.7318 - 9.1) for n in range(50)]
    pl.DataFrame({"x": values}).write_parquet(tmp_path / "rows.parquet")
    data = tmp_path / "rows.parquet"
    (found,) = facts_of(read_rows(data), data, beside=tmp_path).columns
    assert found.low is not None
    assert found.high is not None
    width = max(values) - min(values)
    assert min(values) - width / 5 <= found.low <= min(values)
    assert max(values) <= found.high <= max(values) + width / 5


def test_mistakes_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, spec = str(folder / "rows.parquet"), str(folder / "model.yaml")
    (folder / "broken.parquet").write_text("no parquet")
    (folder / "empty").mkdir()
    cases = (
        (["--from", rows, "--label", "membr"], "did you mean 'member'?"),
        (["--from", rows, "--label", "same"], "cannot be learned"),
        (["--from", rows, "--label", "note"], "cannot be learned"),
        (["--from", str(folder / "broken.parquet")], "ML810"),
        (["--from", str(folder / "empty")], "ML810"),
        (["--from", rows, "--name", "No Name"], "ML208"),
        (["--label", "member"], "give TEMPLATE and SPEC"),
    )
    for words, said in cases:
        assert invoke(["init", spec, *words]) != Exit.DONE
        assert said in capsys.readouterr().err
    assert not Path(spec).exists()


def odd_table() -> pl.DataFrame:
    """What no contract can name or hold, beside one good feature."""
    return pl.DataFrame(
        {
            "": list(range(ROWS)),
            'the "best"': [n % 5 for n in range(ROWS)],
            "x.y": [n * 0.37 for n in range(ROWS)],
            "naïve é": [n % 3 == 0 for n in range(ROWS)],
            "holes": ["${owner}" if n % 2 else "???" for n in range(ROWS)],
            "price": [Decimal(n) / 4 for n in range(ROWS)],
            "tags": [["a", "b"]] * ROWS,
            "blob": [b"x"] * ROWS,
            "lasted": [timedelta(seconds=n) for n in range(ROWS)],
            "left": [float(n % 7 < 3) for n in range(ROWS)],
            "target": [None if n == 9 else n % 2 for n in range(ROWS)],
        }
    )


def test_what_a_contract_cannot_hold_is_left_out_and_told(tmp_path: Path) -> None:
    odd_table().write_parquet(tmp_path / "rows.parquet")
    spec = draft(tmp_path, "--label", "left")
    assert invoke(["validate", str(spec), "--strict"]) == Exit.DONE
    columns = load_spec(spec).spec.data.columns
    assert [name for name, column in columns.items() if column.role == "feature"] == ["x.y", "naïve é", "target"]
    text = spec.read_text()
    for told in (
        '# "" is left out: it has no name',
        "is left out: it has a quote",
        "holes: {role: ignore}    # it holds '???'",
        "price: {role: ignore}    # holds exact decimals",
        "tags: {role: ignore}    # holds lists",
        "blob: {role: ignore}    # holds bytes",
        "lasted: {role: ignore}    # holds times of day or durations",
        "left: {type: float, role: label}    # an amount, though only 0, 1: for classes",
    ):
        assert told in text


@pytest.mark.parametrize(
    ("label", "why"),
    [
        ("target", "1 of its values are missing"),
        ("holes", "which a spec reads as something else"),
        ("price", "exact decimals"),
        ("", "it has no name"),
        (None, "'target' cannot be learned: 1 of its values are missing"),
    ],
)
def test_why_a_column_cannot_be_learned(
    label: str | None, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd_table().write_parquet(tmp_path / "rows.parquet")
    words = [] if label is None else ["--label", label]
    assert invoke(["init", str(tmp_path / "m-1.yaml"), "--from", str(tmp_path / "rows.parquet"), *words]) != Exit.DONE
    assert why in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "why"),
    [("a;b;left\n1;2;0\n2;1;1\n", "separated by ';'"), ("a,a,left\n1,2,0\n2,1,1\n", "two columns called 'a'")],
)
def test_a_file_that_would_be_misread_is_refused(
    text: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "rows.csv"
    data.write_text(text)
    assert invoke(["init", str(tmp_path / "model.yaml"), "--from", str(data)]) != Exit.DONE
    assert why in capsys.readouterr().err


@pytest.mark.parametrize("where", ["folder", "file/model.yaml"])
def test_a_place_that_cannot_be_written_is_told(where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    assert invoke(["init", "binary", str(tmp_path / where), "--force", "--name", "abc"]) == Exit.USAGE
    (tmp_path / "platform").write_text("a file where the library would be")
    assert invoke(["init", "team", str(tmp_path / "model.yaml")]) == Exit.USAGE
    assert "cannot write" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("label", ["target"])
def test_breast_cancer_from_an_empty_folder_to_a_running_model(
    tmp_path: Path, label: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from sklearn.datasets import load_breast_cancer

    load = load_breast_cancer(as_frame=True)
    pl.DataFrame({name: load.frame[name].to_numpy() for name in load.frame}).write_parquet(tmp_path / "rows.parquet")
    spec = str(draft(tmp_path, "--label", label))
    try:
        assert invoke(["validate", spec]) == Exit.DONE
        assert "alone nearly tell" in Path(spec).read_text(), "what the data say is told, and left to a person"
        assert invoke(["plan", spec]) == Exit.DONE
        assert invoke(["apply", spec, "--auto-approve"]) == Exit.DONE
        assert invoke(["run", spec]) == Exit.DONE
        assert "promoted" in capsys.readouterr().out
        record = load.frame.drop(columns=label).iloc[0].to_json()
        assert invoke(["predict", spec, "--record", record]) == Exit.DONE
        assert invoke(["destroy", spec, "--auto-approve"]) == Exit.DONE
    finally:
        invoke(["local", "stop", spec])
