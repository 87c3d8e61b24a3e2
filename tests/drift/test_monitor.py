"""The scheduled monitor: what the champion served in a window, told from all else in the log, and judged."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import time_machine
from moto import mock_aws

from mlspec.compiler.units.monitor import monitor_unit
from mlspec.compiler.vendor import unit_files
from mlspec.runtime.drift import js, psi
from mlspec.runtime.monitor import Monitor
from mlspec.runtime.monitor_rules import Watch
from mlspec.specs.checked import Checked
from mlspec.specs.load import load_spec

NOW = 1_767_225_600_000
DAY = 86_400_000
EVENT = {"time": "2026-01-01T00:00:00Z"}
ENVIRON = {
    "MLSPEC_MODEL": "rides",
    "MLSPEC_ENVIRONMENT": "dev",
    "MLSPEC_STORE": "store",
    "MLSPEC_LOG_GROUP": "/aws/lambda/rides-dev-inference",
}
DATA = Watch(signal="data_drift", method="psi", window=7 * DAY, min_rows=200)
PREDICTION = Watch(signal="prediction_drift", method="js", window=DAY, min_rows=200)
MOVED = {"km": {"counts": [0, 100, 900], "nulls": 0}}


SPEC = """\
apiVersion: mlspec/v1
name: rides
owner: team@example.com
data:
  source: {uri: "s3://lake/rides/"}
  columns:
    km: {type: float}
    city: {type: category, values: [oslo, rome]}
    late: {type: bool, role: label}
training:
  estimator: {_target_: sklearn.ensemble.HistGradientBoostingClassifier}
monitors:
  - {signal: data_drift, method: psi, threshold: 0.2, window: 7d, columns: [km, city], min_rows: 300}
  - {signal: latency_p99, max: 50ms}
  - {signal: prediction_drift, method: js, threshold: 0.1, window: 7d}
"""


@pytest.fixture
def checked(tmp_path: Path) -> Checked:
    """A spec with two drift monitors among others."""
    (tmp_path / "rides.yaml").write_text(SPEC)
    return load_spec(tmp_path / "rides.yaml")


class Run:
    """A monitor over a store, and the lines it prints."""

    def __init__(self, store: Any, *watches: Watch) -> None:
        self.printed: list[dict[str, Any]] = []
        write = lambda text: self.printed.append(json.loads(text))  # noqa: E731
        self.monitor = Monitor(watches, clients=lambda service: store, environ=ENVIRON, write=write)

    def __call__(self, event: dict[str, Any] = EVENT) -> dict[str, Any]:
        return self.monitor(event, None)


def test_what_is_like_the_profile_is_no_drift(make_store: Callable[..., Any], make_line: Callable[..., str]) -> None:
    found = Run(make_store(make_line(0), make_line(DAY)), DATA)()

    assert found["findings"][0]["rows"] == 2000
    assert found["findings"][0]["drift"] == pytest.approx(0, abs=1e-3)


def test_each_column_is_judged_and_the_largest_is_the_models(
    make_store: Callable[..., Any], make_line: Callable[..., str]
) -> None:
    run = Run(make_store(make_line(0, columns=MOVED)), DATA)

    finding = run()["findings"][0]

    assert finding["columns"]["km"] == psi([300, 400, 300, 0], [0, 100, 900, 0])
    assert finding["drift"] == finding["columns"]["km"] > finding["columns"]["city"]
    model, *columns = run.printed
    assert model["data_drift"] == finding["drift"]
    assert model["monitored_rows"] == 1000
    assert model["_aws"]["Timestamp"] == NOW
    assert model["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["model", "environment"]]
    assert {line["column"]: line["data_drift_column"] for line in columns} == finding["columns"]
    assert columns[0]["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["model", "environment", "column"]]


def test_lines_of_all_instances_and_pages_are_one_sum(
    make_store: Callable[..., Any], make_line: Callable[..., str]
) -> None:
    half = {"km": {"counts": [300, 400, 200], "nulls": 100}}
    store = make_store(*[make_line(hour * 3_600_000, columns=half) for hour in range(5)])

    finding = Run(store, DATA)()["findings"][0]

    assert len(store.asked) == 3
    assert store.asked[0]["startTime"] == NOW - 7 * DAY
    assert store.asked[0]["endTime"] == NOW
    assert finding["rows"] == 5000
    assert finding["columns"]["km"] == psi([300, 400, 300, 0], [1500, 2000, 1000, 500])


def test_only_the_champions_lines_count(make_store: Callable[..., Any], make_line: Callable[..., str]) -> None:
    others = [
        make_line(0, release="20250101000000-canary00", columns=MOVED),
        make_line(0, profile="ffffffffffff", columns=MOVED),
        make_line(0, mlspec="failure", columns=MOVED),
        "START RequestId: histogram",
        '"histogram"',
        "{",
    ]

    finding = Run(make_store(*others, make_line(0)), DATA)()["findings"][0]

    assert finding["rows"] == 1000
    assert finding["drift"] == pytest.approx(0, abs=1e-3)


def test_each_watch_has_its_own_window(make_store: Callable[..., Any], make_line: Callable[..., str]) -> None:
    old = make_line(2 * DAY, prediction={"counts": [0, 1000]})

    data, prediction = Run(make_store(old, make_line(0)), DATA, PREDICTION)()["findings"]

    assert (data["rows"], prediction["rows"]) == (2000, 1000)
    assert prediction["drift"] == pytest.approx(0, abs=1e-6)


def test_each_of_several_outputs_is_judged_and_the_furthest_is_the_drift(
    make_store: Callable[..., Any], make_line: Callable[..., str]
) -> None:
    outputs = {"cost": {"counts": [580, 420]}, "grams": {"counts": [100, 900]}}
    store = make_store(make_line(0, prediction={"outputs": outputs}), make_line(5, prediction={"outputs": outputs}))
    name = next(name for name in store.objects if name.endswith("profile.json"))
    profile = store.objects[name]
    store.objects[name] = {**profile, "prediction": {"outputs": dict.fromkeys(outputs, profile["prediction"])}}
    run = Run(store, PREDICTION)

    finding = run()["findings"][0]

    assert finding["columns"] == {"cost": js([600, 400], [1160, 840]), "grams": js([600, 400], [200, 1800])}
    assert [line["prediction_drift"] for line in run.printed] == [finding["columns"]["grams"]]


def test_predictions_are_judged(make_store: Callable[..., Any], make_line: Callable[..., str]) -> None:
    run = Run(make_store(make_line(0, prediction={"counts": [100, 900]})), PREDICTION)

    finding = run()["findings"][0]

    assert finding == {
        "signal": "prediction_drift",
        "rows": 1000,
        "drift": js([600, 400], [100, 900]),
        "columns": {},
    }
    assert [line["prediction_drift"] for line in run.printed] == [finding["drift"]]


def test_too_few_rows_are_counted_but_not_judged(make_store: Callable[..., Any], make_line: Callable[..., str]) -> None:
    run = Run(make_store(make_line(0, rows=199, columns=MOVED)), DATA)

    assert run()["findings"][0]["drift"] is None
    assert [(line["monitored_rows"], "data_drift" in line) for line in run.printed] == [(199, False)]


@pytest.mark.parametrize(
    ("columns", "judged"),
    [("all", ["km", "city", "temp"]), ("top 2", ["city", "km"]), (("temp", "added later"), ["temp"])],
)
def test_the_columns_that_are_watched(
    make_store: Callable[..., Any], make_line: Callable[..., str], columns: Any, judged: list[str]
) -> None:
    watch = Watch(signal="data_drift", method="js", window=DAY, min_rows=1, columns=columns)

    assert list(Run(make_store(make_line(0)), watch)()["findings"][0]["columns"]) == judged


def test_without_a_champion_there_is_nothing_to_judge(objects: dict[str, Any], make_store: Callable[..., Any]) -> None:
    del objects["champion.json"]
    run = Run(make_store(), DATA)

    assert run() == {"release": None, "findings": []}
    assert run.printed == []


def test_a_champion_without_a_profile_is_an_error(objects: dict[str, Any], make_store: Callable[..., Any]) -> None:
    objects.pop(next(key for key in objects if key.endswith("profile.json")))

    with pytest.raises(LookupError, match="has no profile"):
        Run(make_store(), DATA)()


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with time_machine.travel(NOW / 1000), mock_aws():
        yield


def test_the_generated_unit_reads_the_real_services(
    cloud: None,
    checked: Checked,
    objects: dict[str, Any],
    make_line: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for key, value in ENVIRON.items():
        monkeypatch.setenv(key, value)
    s3, logs = boto3.client("s3"), boto3.client("logs")
    s3.create_bucket(Bucket="store")
    namespace: dict[str, Any] = {}
    exec(monitor_unit(checked).files["handler.py"], namespace)
    assert namespace["handler"](EVENT, None)["release"] is None
    for key, document in objects.items():
        s3.put_object(Bucket="store", Key=key, Body=json.dumps(document))
    logs.create_log_group(logGroupName=ENVIRON["MLSPEC_LOG_GROUP"])
    for stream, age in (("a", 0), ("b", DAY), ("c", 8 * DAY)):
        group = {"logGroupName": ENVIRON["MLSPEC_LOG_GROUP"], "logStreamName": stream}
        logs.create_log_stream(**group)
        messages = ["START", make_line(age, columns=MOVED), '{"requests": 1}']
        logs.put_log_events(**group, logEvents=[{"timestamp": NOW - age, "message": text} for text in messages])

    data, prediction = namespace["handler"](EVENT, None)["findings"]

    assert (data["rows"], prediction["rows"]) == (2000, 2000)
    assert data["columns"]["km"] == psi([300, 400, 300, 0], [0, 200, 1800, 0])
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["data_drift"] for line in printed if "data_drift" in line] == [data["drift"]]


def test_the_unit_holds_the_specs_watches_and_needs_nothing_but_the_platform(checked: Checked) -> None:
    unit = monitor_unit(checked)
    namespace: dict[str, Any] = {}
    exec(unit.files["handler.py"], namespace)

    assert namespace["WATCHES"] == (
        Watch(signal="data_drift", method="psi", window=7 * DAY, min_rows=300, columns=("km", "city")),
        Watch(signal="prediction_drift", method="js", window=7 * DAY, min_rows=200),
    )
    assert unit.requirements == ()
    shipped = b"".join(unit_files(unit).values())
    assert b"import numpy" not in shipped
    assert b"import msgspec" not in shipped
