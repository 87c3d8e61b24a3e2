"""Training and serving meet: a release the job made, asked about its own training rows, counts exactly its profile."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlspec.compiler.units.inference import inference_unit
from mlspec.compiler.vendor import unit_files
from mlspec.runtime.monitor_rules import Watch, judge
from mlspec.runtime.serving import Service
from mlspec.runtime.training_job import run
from mlspec.runtime.windows import read_lines
from mlspec.specs.checked import Checked
from tests.serving.conftest import load_module, write_files
from tests.training.tables import COLUMN_LINES, SETTINGS, job_folder, orders

SPEC = f"""\
apiVersion: mlspec/v1
name: orders
owner: team@example.com
data:
  source: {{uri: "s3://lake/orders/"}}
  columns:
{COLUMN_LINES}training:
  estimator: {{_target_: sklearn.ensemble.HistGradientBoostingClassifier}}
"""
FITTED = 2500  # of 3000 rows; the job keeps the newest ten days of sixty for the test


@pytest.fixture
def service(tmp_path: Path, check_spec: Callable[[str], Checked]) -> Service:
    """The unit of the spec, with the model folder that the training job wrote."""
    base = job_folder(tmp_path / "job", orders())
    assert run(SETTINGS, base) == 0
    write_files(tmp_path / "code", unit_files(inference_unit(check_spec(SPEC))))
    contract = load_module(tmp_path / "code" / "contract.py")
    return Service(contract, base / "model", {})


def test_the_training_rows_are_counted_as_the_profile_counted_them(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = json.loads(orders()[:FITTED].write_json())
    capsys.readouterr()

    for start in range(0, FITTED, 200):
        body = json.dumps({"records": records[start : start + 200]})
        assert service({"requestContext": {}, "body": body}, None)["statusCode"] == 200
    service.telemetry.flush()

    profile: dict[str, Any] = json.loads((tmp_path / "job/model/profile.json").read_text())
    lines = read_lines(capsys.readouterr().out.splitlines(), release="r1", profile=profile["digest"])
    assert sum(line.rows for line in lines) == FITTED
    for signal in ("data_drift", "prediction_drift"):
        watch = Watch(signal=signal, method="js", window=10**15, min_rows=FITTED)
        drift = judge(watch, lines, profile, now=max(line.end for line in lines)).drift
        assert drift == dict.fromkeys(drift, 0.0)
        assert drift
