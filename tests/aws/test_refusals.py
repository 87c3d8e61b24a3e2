"""What the language says and this target cannot do is refused, at its place, all at once."""

from pathlib import Path

import pytest

from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.targets.aws.inputs import local_inputs
from mlspec.targets.aws.lower import lower
from tests.aws.specs import MINIMAL, spec


def refused(folder: Path, text: str) -> dict[str, Diagnostic]:
    """Diagnostics by the key they stand at."""
    checked = spec(folder, text)
    with pytest.raises(SpecError) as raised:
        lower(checked, local_inputs(checked, folder))
    return {diagnostic.path: diagnostic for diagnostic in raised.value.diagnostics}


CASES = {
    "serving.target": ("serving: {target: endpoint}\n", "ML401", "endpoint"),
    "training.framework": ("", "ML401", "custom"),
    "training.tune": ("", "ML401", "tune:"),
    "training.compute.count": ("", "ML401", "2}"),
    "training.image": ("", "ML406", "docker.io"),
    "gates.0.approval": ("gates: [{approval: {by: boss@example.com}}]\n", "ML401", "approval:"),
    "monitors.0.signal": ("monitors: [{signal: quality, metric: roc_auc, min: 0.5}]\n", "ML401", "quality"),
    "budget": ("budget: {monthly: 200 USD}\n", "ML401", "budget:"),
    "governance.card": ("governance: {card: {use: none}}\n", "ML401", "card:"),
    "governance.waivers": (
        "governance: {waivers: [{policy: P1, reason: because it must be, expires: '2030-01-01'}]}\n",
        "ML401",
        "[{policy",
    ),
    "rollout.bake": ("rollout: {bake: 10s}\n", "ML404", "10s"),
    "rollout.steps": ("rollout: {strategy: all_at_once, steps: [50%, 100%]}\n", "ML403", "[50%"),
    "serving.memory": ("serving: {memory: 64 MiB}\n", "ML404", "64 MiB"),
    "serving.python": ('serving: {python: "3.11"}\n', "ML404", '"3.11'),
    "serving.package": ("serving: {target: container, package: zip}\n", "ML403", "zip"),
    "serving.snap_start": ("serving: {snap_start: true, package: image}\n", "ML404", "true"),
    "serving.timeout": ("serving: {timeout: 20m}\n", "ML404", "20m"),
    "monitors.0.window": ("monitors: [{signal: errors, max: 1%, window: 8d}]\n", "ML404", "8d"),
    "monitors.0.min_rows": ("monitors: [{signal: errors, max: 1%, min_rows: 5}]\n", "ML403", "5}"),
}
INSIDE_TRAINING = {
    "training.framework": "  framework: custom\n",
    "training.tune": "  tune: {trials: 3, maximize: roc_auc, space: {}}\n",
    "training.compute.count": "  compute: {count: 2}\n",
    "training.image": "  image: docker.io/me/train\n",
}


@pytest.mark.parametrize("path", CASES)
def test_refused_at_its_place_with_a_way_out(path: str, tmp_path: Path) -> None:
    after, code, found = CASES[path]
    text = MINIMAL + INSIDE_TRAINING.get(path, "") + after
    diagnostic = refused(tmp_path, text)[path]
    assert (diagnostic.code, bool(diagnostic.hint)) == (code, True)
    assert diagnostic.span is not None
    assert diagnostic.span.file == "spec.yaml"
    line = text.splitlines()[diagnostic.span.line - 1]
    assert line == diagnostic.line
    assert line[diagnostic.span.column - 1 :].startswith(found)


def test_drift_cannot_send_traffic_back(tmp_path: Path) -> None:
    monitors = "monitors: [{signal: data_drift, method: psi, threshold: 0.2}]\n"
    text = MINIMAL + monitors + "rollout: {rollback_on: [errors, drift]}\n"
    diagnostic = refused(tmp_path, text)["rollout.rollback_on.1"]
    assert diagnostic.span is not None
    assert text.splitlines()[diagnostic.span.line - 1][diagnostic.span.column - 1 :] == "drift]}"


def test_everything_is_refused_at_once(tmp_path: Path) -> None:
    text = MINIMAL + "serving: {target: batch}\nbudget: {monthly: 5 USD}\nrollout: {bake: 1s}\n"
    assert set(refused(tmp_path, text)) == {"serving.target", "budget", "rollout.bake"}


def test_an_approval_for_another_environment_is_not_in_the_way(tmp_path: Path) -> None:
    text = MINIMAL + "environments: {prod: {}}\ngates: [{approval: {by: boss@example.com, when: env.prod}}]\n"
    assert lower(spec(tmp_path, text), {}).resource("gate")


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("S3://lake/churn/", "rows cannot be read from S3://"),
        ("missing.parquet", "no parquet file is at missing.parquet"),
    ],
)
def test_rows_that_cannot_be_had(uri: str, message: str, tmp_path: Path) -> None:
    diagnostic = refused(tmp_path, MINIMAL.replace("s3://lake/churn/", uri))["data.source.uri"]
    assert (diagnostic.code, diagnostic.message) == ("ML402", message)
