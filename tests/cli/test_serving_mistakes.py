"""What a new user gets wrong around a model that serves: told in words, before any work, and never by a traceback."""

import re
import socket
from pathlib import Path

import polars as pl
import pytest

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit

Out = pytest.CaptureFixture[str]


@pytest.fixture
def spec(tmp_path: Path, capsys: Out) -> str:
    assert invoke(["init", "binary", str(tmp_path / "churn.yaml")]) == Exit.DONE
    (tmp_path / "empty.json").touch()
    capsys.readouterr()
    return str(tmp_path / "churn.yaml")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["serve", "--at", "yesterday"], "'yesterday' is not an ISO 8601 time such as 2013-05-16"),
        (["serve", "--model", "."], "ML842 there is no release in .: it has no model.json"),
        (["serve", "--host", "a..b"], "ML842 cannot listen on a..b:8080: "),
        (["serve"], "ML840 there are no rows here to train on: s3://lake/churn/"),
        (["bench", "--model", "."], "ML842 there is no release in .: it has no model.json"),
        (["bench", "--page", "nowhere/page.html"], "there is no folder nowhere"),
        (["plan", "--out", "nowhere/churn.plan"], "there is no folder nowhere"),
        (["predict", "--out", "nowhere/rows.csv", "--record", "{}"], "there is no folder nowhere"),
        (["predict", "--record", "[1]"], "'[1]' is no record"),
        (["predict", "--record", "plan=basic"], "not JSON: 'plan=basic'"),
        (["predict"], 'a record looks like: {"plan": "basic", "spend": 1.5, "tenure": 1}'),
        (["predict", "--file", "empty.json"], "nothing to predict: there are no rows in empty.json"),
        (["client", "--out", "churn.yaml/lib"], "cannot write churn.yaml/lib"),
        (["compile", "--out", "churn.yaml/lib"], "cannot write churn.yaml/lib"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_it_is_told(spec: str, words: list[str], said: str, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(spec).parent)
    command, *rest = words
    assert invoke([command, "churn.yaml", *rest]) in (Exit.USAGE, Exit.ERROR)
    assert re.sub(r"\s+", " ", said) in re.sub(r"\s+", " ", capsys.readouterr().err)


def test_a_port_that_is_taken_is_told_before_a_model_is_trained(spec: str, capsys: Out) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert invoke(["serve", spec, "--port", str(port)]) == Exit.ERROR
    assert f"ML842 cannot listen on 127.0.0.1:{port}: Address already in use" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["serve"], ["bench", "--rate", "1"], ["package"], ["apply", "--auto-approve"]])
def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, words: list[str], capsys: Out) -> None:
    path = tmp_path / "rides.yaml"
    path.write_text(
        """\
apiVersion: mlspec/v1
name: rides
owner: team@example.com
data: {source: {uri: rows.parquet}, columns: {km: {type: float}, late: {type: bool, role: label}}}
training: {estimator: {_target_: sklearn.linear_model.LogisticRegression}}
"""
    )
    pl.DataFrame({"km": [1.0, 2.0] * 50, "late": [True, False] * 50}).write_parquet(tmp_path / "rows.parquet")
    (tmp_path / ".mlspec").touch()
    command, *rest = words
    assert invoke([command, str(path), *rest]) == Exit.USAGE
    told = capsys.readouterr().err
    assert f"cannot use {tmp_path / '.mlspec'}" in told
    assert "or where MLSPEC_HOME says" in told
