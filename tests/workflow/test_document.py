"""The state machine's document and the units: what the spec decides in them."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mlspec.compiler.units.gate import gate_unit
from mlspec.compiler.units.rollout import rollout_unit
from mlspec.compiler.units.start import start_unit
from mlspec.compiler.vendor import unit_files
from mlspec.specs.diagnostics import SpecError
from mlspec.targets.aws.lower.workflow import check_interval, state_machine
from tests.workflow.stack import ENVIRONMENT, SPEC, checked_spec, resolved

ENDS = {"Succeed", "Fail"}


def states(**blocks: Any) -> dict[str, Any]:
    document: dict[str, Any] = resolved(state_machine(checked_spec(**blocks)))["States"]
    return document


def job(**training: Any) -> dict[str, Any]:
    estimator = {"estimator": {"_target_": "x.Y"}}
    parameters: dict[str, Any] = states(training={**estimator, **training})["Train"]["Parameters"]
    return parameters


def targets(state: Mapping[str, Any]) -> Iterator[str]:
    yield from (state[key] for key in ("Next", "Default") if key in state)
    yield from (rule["Next"] for key in ("Choices", "Catch") for rule in state.get(key, ()))


def test_every_state_is_reached_and_leads_to_an_end() -> None:
    document = states()
    reached, waiting = set(), ["Start"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(targets(document[name]))
    assert reached == set(document)
    assert {document[name]["Type"] for name in reached if not list(targets(document[name]))} == ENDS


def test_every_task_has_a_limit_in_time_and_a_way_out() -> None:
    for name, state in states().items():
        if state["Type"] == "Task":
            assert state["TimeoutSeconds"] > 0, name
            assert [rule["ErrorEquals"] for rule in state["Catch"]] == [["States.ALL"]], name
            assert state["Retry"][0]["JitterStrategy"] == "FULL", name


def test_nothing_but_the_gate_leads_to_registration() -> None:
    document = states()
    assert [name for name, state in document.items() if "Register" in targets(state)] == ["Passed?"]
    assert document["Passed?"]["Default"] == "NotifyRefused"


@pytest.mark.parametrize(("bake", "seconds"), [("1s", 1), ("20s", 20), ("1m", 30), ("10m", 120), ("1h", 720)])
def test_a_fifth_of_the_bake_between_checks(bake: str, seconds: int) -> None:
    rollout = checked_spec(rollout={"bake": bake}).spec.rollout
    assert check_interval(rollout) == seconds


def test_the_job_is_sealed() -> None:
    made = job()
    key = "arn:aws:kms:us-east-1:123456789012:key/0f0f"
    assert made["EnableNetworkIsolation"] is True
    assert made["EnableInterContainerTrafficEncryption"] is False
    assert made["OutputDataConfig"]["KmsKeyId"] == made["ResourceConfig"]["VolumeKmsKeyId"] == key
    assert "EnableManagedSpotTraining" not in made
    assert "CheckpointConfig" not in made


def test_what_the_compute_block_decides() -> None:
    made = job(compute={"instance": "ml.g5.xlarge", "count": 2, "spot": True, "max_runtime": "2h", "volume": "50 GiB"})
    assert made["EnableInterContainerTrafficEncryption"] is True
    assert made["ResourceConfig"] == {"InstanceType": "ml.g5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 50}
    assert made["StoppingCondition"] == {"MaxRuntimeInSeconds": 7200, "MaxWaitTimeInSeconds": 14400}
    assert made["EnableManagedSpotTraining"] is True
    assert "-gpu-" in made["AlgorithmSpecification"]["TrainingImage"]


def test_the_image() -> None:
    ours = job()["AlgorithmSpecification"]["TrainingImage"]
    assert ours.startswith("763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:")
    assert "-cpu-py312-" in ours
    assert job(image="1.dkr.ecr/x:1")["AlgorithmSpecification"]["TrainingImage"] == "1.dkr.ecr/x:1"


def test_every_parameter_of_the_job_is_one_that_sagemaker_takes() -> None:
    import botocore.session
    import botocore.validate

    service = botocore.session.get_session().get_service_model("sagemaker")
    shape = service.operation_model("CreateTrainingJob").input_shape
    assert shape is not None
    made = job(compute={"spot": True})
    made["CheckpointConfig"] = {"S3Uri": "s3://store/"}
    filled = {
        "TrainingJobName.$": "job",
        "HyperParameters.$": {},
        "InputDataConfig.$": [{"ChannelName": "data", "DataSource": {}}],
    }
    whole = {key.removesuffix(".$"): filled.get(key, value) for key, value in made.items()}
    report = botocore.validate.ParamValidator().validate(whole, shape)
    assert not report.has_errors(), report.generate_report()


def test_the_entry_unpacks_and_runs_the_code(tmp_path: Path) -> None:
    from tests.workflow.stack import zipped

    channel = tmp_path / "input/data/code"
    channel.mkdir(parents=True)
    program = b"import os, pathlib\npathlib.Path('ran').write_text(os.getcwd())\nraise SystemExit(3)\n"
    (channel / "training.zip").write_bytes(zipped({"main.py": program}))
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    told = subprocess.run(
        job()["AlgorithmSpecification"]["ContainerEntrypoint"],
        env={"SAGEMAKER_BASE_DIR": str(tmp_path), "PATH": path},
        check=False,
    )
    assert told.returncode == 3
    assert (tmp_path / "code/ran").read_text() == str((tmp_path / "code").resolve())


def test_the_document_is_the_same_every_time() -> None:
    assert json.dumps(states()) == json.dumps(states())


def test_all_at_once_is_one_step() -> None:
    unit = rollout_unit(checked_spec(rollout={"strategy": "all_at_once"}))
    assert b"shares=(1.0,)" in unit.files["settings.py"]


def test_the_last_step_is_all_of_the_traffic() -> None:
    unit = rollout_unit(checked_spec(rollout={"steps": ["5%", "50%"]}))
    assert b"shares=(0.05, 0.5, 1.0)" in unit.files["settings.py"]


def test_a_spec_without_retraining_is_started_by_people_only() -> None:
    spec = checked_spec()
    alone = type(spec)(spec.spec.model_copy(update={"retraining": None}), spec.origins)
    assert b"automatic=False" in start_unit(alone).files["settings.py"]


@pytest.mark.parametrize(
    "gate",
    [
        {"approval": {"by": "a@example.com"}},
        {"approval": {"by": "a@example.com", "when": "env.dev"}},
        {"metric": "roc_auc", "each": "carrier", "versus": "champion", "confidence": "95%"},
    ],
)
def test_a_gate_that_cannot_be_held_is_an_error(gate: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        gate_unit(checked_spec(gates=[*SPEC["gates"], gate]))


def test_an_approval_elsewhere_is_no_gate_here() -> None:
    elsewhere = {"approval": {"by": "a@example.com", "when": "env.prod"}}
    assert gate_unit(checked_spec(gates=[elsewhere])).files["settings.py"].count(b"Gate(") == 0


@pytest.mark.parametrize("unit", [start_unit, gate_unit, rollout_unit])
def test_a_unit_brings_all_it_imports(unit: Any, tmp_path: Path) -> None:
    """In a folder of its own, under an interpreter that sees nothing of ours."""
    made = unit(checked_spec())
    for name, content in unit_files(made).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
        if name.endswith(".py"):
            ast.parse(content)
    program = "import handler, mlspec; print(mlspec.__file__); assert callable(handler.handler)"
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith(str(tmp_path))
