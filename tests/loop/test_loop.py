"""The whole loop as a user runs it, on the mocked cloud, and the deployed model against the trained one."""

import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit

ROWS = 12_000

SPEC = """\
apiVersion: mlspec/v1
name: loan-risk
owner: risk@example.com
defaults:
  - profile: minimal
  - _self_
data:
  source: {uri: rows.parquet, format: parquet}
  columns:
    key:    {type: string, role: id}
    at:     {type: datetime, role: time}
    income: {type: float, min: 0, max: 1000, nullable: 20%}
    age:    {type: int, min: 18, max: 100}
    region: {type: category, values: [north, south, east, west]}
    member: {type: bool}
    bad:    {type: bool, role: label}
  split: {by: time, test: 20%, validation: 10%}
  checks: [{unique: [key]}, {rows: {min: 1000}}, leakage]
training:
  estimator: {_target_: sklearn.ensemble.HistGradientBoostingClassifier, max_iter: 40}
  seed: 3
gates:
  - {metric: roc_auc, min: 0.6}
  - {metric: roc_auc, versus: champion, tolerance: 0.01, confidence: 95%}
  - {metric: roc_auc, each: region, min: 0.5, min_rows: 100}
  - {metric: latency_p99, max: 500ms}
serving: {target: lambda, memory: 512 MiB}
rollout: {strategy: canary, steps: [10%, 100%], bake: 2m, rollback_on: [errors, rejects]}
monitors:
  - {signal: data_drift, method: psi, threshold: 0.2, window: 1d, columns: all}
retraining: {on: [data_drift], cooldown: 1d}
"""


def _rows(seed: int = 0) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    income = random.gamma(3, 40, ROWS).clip(0, 1000)
    age = random.integers(18, 101, ROWS)
    region = random.integers(0, 4, ROWS)
    member = random.random(ROWS) < 0.4
    odds = 0.02 * (income - 110) - 0.04 * (age - 50) + 0.8 * (region == 2) - member
    return pl.DataFrame(
        {
            "key": [f"k{n}" for n in range(ROWS)],
            "at": pl.datetime_range(
                pl.datetime(2026, 1, 1), pl.datetime(2026, 1, 1) + pl.duration(minutes=ROWS - 1), "1m", eager=True
            ).dt.replace_time_zone("UTC"),
            "income": [None if random.random() < 0.05 else float(v) for v in income],
            "age": age,
            "region": [("north", "south", "east", "west")[v] for v in region],
            "member": member,
            "bad": random.random(ROWS) < 1 / (1 + np.exp(-odds)),
        }
    )


class Stack:
    """One deployed stack in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.spec = folder / "loan-risk.yaml"
        self.spec.write_text(SPEC)
        _rows().write_parquet(folder / "rows.parquet")

    def run(self, *words: str) -> int:
        return invoke([words[0], str(self.spec), *words[1:]])

    def facts(self, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
        capsys.readouterr()
        self.run(*words, "--json")
        return json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(tmp_path_factory.mktemp("loop"))
    try:
        yield made
    finally:
        invoke(["local", "stop", str(made.spec)])


@pytest.mark.slow
def test_the_whole_loop(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert stack.run("plan", "--detailed-exitcode") == Exit.CHANGES
    assert stack.run("apply", "--auto-approve") == Exit.DONE
    assert stack.run("plan", "--expect-no-changes") == Exit.DONE
    assert stack.run("run") == Exit.DONE
    out = capsys.readouterr().out
    assert "promoted" in out
    facts = stack.facts(capsys, "status")
    assert [release["status"] for release in facts["releases"]] == ["champion"]
    assert list(facts["traffic"].values()) == [1.0]
    assert facts["releases"][0]["engine"]["name"] == "compiled"
    _predictions_equal_the_trained_models(stack)
    _bad_fields_are_named(stack, capsys)
    _a_file_and_a_load_are_answered(stack, capsys)
    _a_second_release_bakes_and_rolls_back_on_request(stack, capsys)
    _as_an_image_the_same_release_goes_on_answering(stack, capsys)
    _nothing_is_left(stack, capsys)


def _records(rows: pl.DataFrame) -> list[dict[str, Any]]:
    return rows.select("income", "age", "region", "member").to_dicts()


def _predictions_equal_the_trained_models(stack: Stack) -> None:
    """10,000 rows through the deployed function, against the scikit-learn model fitted anew from the same rows."""
    from mlspec.cli.deployed import deployment_of
    from mlspec.cli.project import Project

    deployment = deployment_of(Project(stack.spec))
    sent = _rows(seed=1).head(10_000)
    served: list[float] = []
    for start in range(0, 10_000, 2_500):
        body = json.dumps({"records": _records(sent[start : start + 2_500])}).encode()
        status, answer = deployment.predict(body)
        assert status == 200, answer
        served += [prediction["probability"] for prediction in answer["predictions"]]
    assert np.abs(np.array(served) - _trained_anew(stack, sent)).max() < 1e-5


def _trained_anew(stack: Stack, sent: pl.DataFrame) -> "np.ndarray[Any, Any]":
    """scikit-learn's own probabilities: the estimator fitted again, by the deployed training code, from equal rows."""
    from mlspec.runtime.dataset import parse_now, read_rows
    from mlspec.runtime.matrix import feature_matrix, target_vector
    from mlspec.runtime.splits import split_rows
    from mlspec.runtime.train import fit_model

    code = stack.spec.parent / ".mlspec" / "bundle" / "loan-risk-dev" / "code" / "training" / "settings.py"
    settings = runpy.run_path(str(code))["SETTINGS"]
    (stack.spec.parent / "anew").mkdir()
    _rows().write_parquet(stack.spec.parent / "anew" / "rows.parquet")
    rows = read_rows(stack.spec.parent / "anew", settings, now=parse_now("2026-11-01T00:00:00Z"), extra=[])
    times = rows["at"].dt.epoch("us").to_numpy()
    parts = split_rows(rows.height, settings.split, seed=settings.seed, times=times)
    features, contract = settings.contract.features, settings.contract
    model = fit_model(settings, feature_matrix(rows, features), target_vector(rows, contract), parts=parts)
    answer: np.ndarray[Any, Any] = model.predict_proba(feature_matrix(sent, features))[:, 1]
    return answer


def _bad_fields_are_named(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    record = {"income": -4.0, "age": 30, "region": "north", "member": True}
    capsys.readouterr()
    assert stack.run("predict", "--record", json.dumps(record), "--json") == Exit.ERROR
    answer = json.loads(capsys.readouterr().out)
    assert answer["status"] == 400
    assert [(p["row"], p["column"]) for p in answer["problems"]] == [(1, "income")]


def _a_file_and_a_load_are_answered(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    predicted = stack.spec.parent / "predicted.parquet"
    words = ("--file", str(stack.spec.parent / "rows.parquet"), "--out", str(predicted), "--batch", "5000")
    assert stack.run("predict", *words) == Exit.DONE
    found = pl.read_parquet(predicted)
    assert found["key"].to_list() == [f"k{n}" for n in range(ROWS)]
    assert found["probability"].is_between(0, 1).all()
    told = stack.facts(capsys, "bench", "--target", "lambda", "--rate", "20", "--duration", "2s")
    assert told["runs"][0]["outcomes"] == {"200": 40}


def _a_second_release_bakes_and_rolls_back_on_request(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert stack.run("run") == Exit.DONE
    facts = stack.facts(capsys, "status")
    assert [release["status"] for release in facts["releases"]] == ["retired", "champion"]
    assert stack.run("rollback", "--auto-approve") == Exit.DONE
    after = stack.facts(capsys, "status")
    assert after["champion"]["release"] == facts["champion"]["previous"]["release"]
    assert after["traffic"] == {str(facts["champion"]["previous"]["version"]): 1.0}


def _as_an_image_the_same_release_goes_on_answering(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    """The function is made anew; the champion gets its version again, runs go on, and the way back is there."""
    record = json.dumps({"income": 40.0, "age": 30, "region": "north", "member": True})
    before = stack.facts(capsys, "predict", "--record", record)
    stack.spec.write_text(SPEC.replace("memory: 512 MiB", "memory: 512 MiB, package: image"))
    assert stack.run("apply", "--auto-approve") == Exit.DONE
    assert stack.run("plan", "--expect-no-changes") == Exit.DONE
    after = stack.facts(capsys, "predict", "--record", record)
    assert (after["release"], after["predictions"]) == (before["release"], before["predictions"])
    assert stack.run("run") == Exit.DONE
    assert stack.facts(capsys, "predict", "--record", record)["release"] != before["release"]
    assert stack.run("rollback", "--auto-approve") == Exit.DONE
    assert stack.facts(capsys, "predict", "--record", record)["release"] == before["release"]


def _nothing_is_left(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert stack.run("destroy", "--auto-approve") == Exit.DONE
    capsys.readouterr()
    assert invoke(["local", "inventory", str(stack.spec), "--json"]) == Exit.DONE
    counts = json.loads(capsys.readouterr().out)
    left = {kind: count for kind, count in counts.items() if count and not kind.startswith("history")}
    assert left == {"logs groups": 1}, "SageMaker's own log group, which all training jobs of an account share"
