"""What a spec becomes: resources by name, alarms on metrics that exist, local data, minimal and rich specs."""

from pathlib import Path

import pytest

from mlspec.compiler.graph import Graph, Resource
from mlspec.specs.checked import Checked
from mlspec.specs.units import Duration
from mlspec.targets.aws.compile import compile_spec, local_inputs
from mlspec.targets.aws.lower.retention import ALLOWED_DAYS, retention_days
from mlspec.targets.aws.types import TYPES
from tests.aws.specs import MINIMAL, spec
from tests.aws.wire import passed, plain

# What the inference unit and the monitor print, by the contract: metric -> statistic that makes sense of it.
OF_REQUESTS = {"latency": "p99", "errors": "Average", "rejects": "Average"}
OF_DRIFT = {"data_drift": "Maximum", "prediction_drift": "Maximum"}

WATCHED = (
    MINIMAL
    + """\
monitors:
  - {signal: data_drift, method: psi, threshold: 0.2, window: 7d}
  - {signal: prediction_drift, method: js, threshold: 0.1, window: 9d}
  - {signal: latency_p99, max: 50ms}
rollout: {rollback_on: [errors, rejects], max_error_rate: 3%}
"""
)


def alarms(graph: Graph) -> list[Resource]:
    return [resource for resource in graph.resources if resource.type == "aws:cloudwatch/metricAlarm:MetricAlarm"]


def test_the_example_becomes_what_the_architecture_lists(graph: Graph) -> None:
    units = ("start", "gate", "rollout", "monitor", "inference")
    expected = {
        "key", "key-alias", "store", "store-versioning", "store-encryption", "store-public-access", "store-policy",
        "store-lifecycle", "training-code", "inference-compiled-code", "training-role", "training-role-policy",
        *(f"{unit}{part}" for unit in units for part in ("", "-code", "-role", "-role-policy", "-logs")),
        "workflow", "workflow-role", "workflow-role-policy", "workflow-logs", "events-role", "events-role-policy",
        "live", "inference-url", "inference-url-permission", "registry", "dead-letters", "alerts", "alerts-1",
        "monitor-schedule", "monitor-schedule-target", "monitor-schedule-permission",
        "drift-rule", "drift-rule-target", "recheck-schedule", "recheck-schedule-target",
        "data-drift-alarm", "prediction-drift-alarm", "latency-alarm", "canary-errors-alarm", "canary-rejects-alarm",
        "dashboard",
    }  # fmt: skip
    assert {resource.name for resource in graph.resources} == expected


def test_every_alarm_watches_what_a_unit_emits(graph: Graph, checked: Checked) -> None:
    assert len(alarms(graph)) == 5
    model = {"model": checked.spec.name, "environment": checked.spec.environment}
    for alarm in alarms(graph):
        held = alarm.properties
        canary = alarm.name.startswith("canary-")
        emitted = OF_REQUESTS if canary else {**OF_REQUESTS, **OF_DRIFT}
        assert held["namespace"] == "mlspec"
        assert held["dimensions"] == ({**model, "version": "none"} if canary else model)
        assert held.get("statistic", held.get("extendedStatistic")) == emitted[str(held["metricName"])]
        assert ("dimensions" in alarm.options.ignore_changes) == canary


def test_alarms_can_go_off_within_cloudwatchs_limits(graph: Graph) -> None:
    for alarm in alarms(graph):
        period, periods = alarm.properties["period"], alarm.properties["evaluationPeriods"]
        assert isinstance(period, int)
        assert isinstance(periods, int)
        assert period % 60 == 0
        assert period * periods <= (7 * 86_400 if period >= 3600 else 86_400)


def test_limits_come_from_the_spec(tmp_path: Path) -> None:
    graph = passed(spec(tmp_path, WATCHED))
    assert {alarm.name: alarm.properties["threshold"] for alarm in alarms(graph)} == {
        "data-drift-alarm": 0.2,
        "prediction-drift-alarm": 0.1,
        "latency-alarm": 50.0,
        "canary-errors-alarm": 0.03,
        "canary-rejects-alarm": 0.03,
    }


def test_drift_is_measured_once_in_each_period_of_its_alarm(tmp_path: Path) -> None:
    graph = passed(spec(tmp_path, WATCHED))
    assert graph.resource("monitor-schedule").properties["scheduleExpression"] == "rate(6 hours)"
    for name in ("data-drift-alarm", "prediction-drift-alarm"):
        assert graph.resource(name).properties["period"] == 6 * 3600
        assert graph.resource(name).properties["treatMissingData"] == "ignore"


def test_physical_names_do_not_collide(graph: Graph) -> None:
    named = [
        (resource.type, str(plain(graph, resource.properties[TYPES[resource.type].name_property])))
        for resource in graph.resources
        if TYPES[resource.type].name_property
    ]
    assert len(named) == len(set(named))


def test_only_the_alarms_that_retraining_names_start_it(graph: Graph) -> None:
    pattern = plain(graph, graph.resource("drift-rule").properties["eventPattern"])
    prefix = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:flight-delay-dev"
    assert pattern["resources"] == [f"{prefix}-data-drift-alarm"]
    assert pattern["detail"] == {"state": {"value": ["ALARM"]}}
    variables = plain(graph, graph.resource("start").properties["environment"])["variables"]
    assert variables["MLSPEC_DRIFT_ALARMS"] == "flight-delay-dev-data-drift-alarm"


def test_names_in_variables_are_the_names_of_resources(graph: Graph) -> None:
    variables = plain(graph, graph.resource("rollout").properties["environment"])["variables"]
    assert variables["MLSPEC_FUNCTION"] == plain(graph, graph.resource("inference").properties["name"])
    assert variables["MLSPEC_BASE_KEY"] == graph.resource("inference-code").properties["key"]
    assert variables["MLSPEC_COMPILED_BASE_KEY"] == graph.resource("inference-compiled-code").properties["key"]
    canaries = [str(alarm.properties["name"]) for alarm in alarms(graph) if alarm.name.startswith("canary-")]
    assert variables["MLSPEC_CANARY_ALARMS"].split(",") == canaries
    start = plain(graph, graph.resource("start").properties["environment"])["variables"]
    assert start["MLSPEC_TRAINING_KEY"] == graph.resource("training-code").properties["key"]
    assert start["MLSPEC_TRAINING_KEY"].endswith("/training.zip")
    assert start["MLSPEC_DATA"] == "s3://lake/flights/"
    assert start["MLSPEC_WORKFLOW"].endswith(":stateMachine:flight-delay-dev-workflow")


def test_an_apply_does_not_move_traffic(graph: Graph) -> None:
    assert set(graph.resource("live").options.ignore_changes) == {"functionVersion", "routingConfig"}


def test_a_minimal_spec_lowers_to_less(tmp_path: Path) -> None:
    names = {resource.name for resource in passed(spec(tmp_path, MINIMAL)).resources}
    assert {"inference", "live", "workflow", "registry", "alerts", "dashboard"} <= names
    absent = ("monitor", "drift-", "events-", "recheck-", "retrain-", "alerts-")
    assert not [name for name in names if name.startswith(absent)]


def test_all_signals_and_schedules_at_once(tmp_path: Path) -> None:
    text = MINIMAL + (
        "monitors:\n"
        "  - {signal: data_drift, method: psi, threshold: 0.2, window: 1h}\n"
        "  - {signal: errors, max: 2%, window: 2d}\n"
        "  - {signal: rejects, max: 5%}\n"
        "  - {signal: latency_p99, max: 80ms, window: 5m}\n"
        "rollout: {rollback_on: [errors, rejects, latency_p99]}\n"
        'retraining: {on: [data_drift, errors, {schedule: "rate(30 days)"}, {schedule: "cron(0 6 1 * ? *)"}]}\n'
    )
    graph = passed(spec(tmp_path, text))
    assert graph.resource("monitor-schedule").properties["scheduleExpression"] == "rate(5 minutes)"
    assert graph.resource("errors-alarm").properties["evaluationPeriods"] == 2
    assert graph.resource("canary-latency-alarm").properties["threshold"] == 80.0
    assert graph.resource("retrain-schedule").properties["scheduleExpression"] == "rate(30 days)"
    assert graph.resource("retrain-schedule-2").properties["scheduleExpression"] == "cron(0 6 1 * ? *)"
    pattern = plain(graph, graph.resource("drift-rule").properties["eventPattern"])
    assert [arn.rpartition(":")[2] for arn in pattern["resources"]] == [
        "churn-dev-data-drift-alarm",
        "churn-dev-errors-alarm",
    ]


@pytest.mark.parametrize("profile", ["minimal", "standard", "hipaa", "gdpr"])
def test_every_profile_of_the_library_lowers(profile: str, tmp_path: Path) -> None:
    graph = passed(spec(tmp_path, f"{MINIMAL}defaults: [{{profile: {profile}}}, _self_]\n"))
    asked = {"hipaa": 2192, "gdpr": 90}.get(profile, 365)
    assert graph.resource("inference-logs").properties["retentionInDays"] == asked


def test_a_bad_minute_keeps_a_canary_alarm_on_until_the_bake_ends(tmp_path: Path) -> None:
    graph = passed(spec(tmp_path, MINIMAL + "rollout: {bake: 30m, rollback_on: [errors]}\n"))
    held = graph.resource("canary-errors-alarm").properties
    assert (held["period"], held["evaluationPeriods"], held["datapointsToAlarm"]) == (60, 30, 1)


def test_an_image_of_ones_own_may_be_pulled_and_no_other(tmp_path: Path) -> None:
    image = "111122223333.dkr.ecr.us-east-1.amazonaws.com/team/train:1"
    graph = passed(spec(tmp_path, f"{MINIMAL}  image: {image}\n"))
    statements = plain(graph, graph.resource("training-role-policy").properties["policy"])["Statement"]
    pulled = [s["Resource"] for s in statements if "ecr:BatchGetImage" in s["Action"]]
    assert pulled == ["arn:aws:ecr:us-east-1:111122223333:repository/team/train"]


def test_local_data_ships_and_the_job_is_pointed_at_it(tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows/b.parquet").write_bytes(b"two")
    (tmp_path / "rows/a.parquet").write_bytes(b"one")
    (tmp_path / "rows/notes.txt").write_bytes(b"no")
    checked = spec(tmp_path, MINIMAL.replace("s3://lake/churn/", "rows"))
    graph = passed(checked, local_inputs(checked, tmp_path))
    assert graph.files == {"data/a.parquet": b"one", "data/b.parquet": b"two"}
    assert [graph.resource(f"data-{n}").properties["key"] for n in (1, 2)] == ["data/a.parquet", "data/b.parquet"]
    variables = plain(graph, graph.resource("start").properties["environment"])["variables"]
    assert variables["MLSPEC_DATA"] == "s3://churn-dev-store-123456789012/data/"


def test_one_local_file_is_named_alone(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_bytes(b"one")
    checked = spec(tmp_path, MINIMAL.replace("s3://lake/churn/", "rows.parquet"))
    graph = passed(checked, local_inputs(checked, tmp_path))
    variables = plain(graph, graph.resource("start").properties["environment"])["variables"]
    assert variables["MLSPEC_DATA"].endswith("/data/rows.parquet")


def test_the_bundle_is_the_same_each_time(checked: Checked) -> None:
    assert compile_spec(checked, {}).digest == compile_spec(checked, {}).digest


@pytest.mark.parametrize(("days", "kept"), [(1, 1), (2, 3), (100, 120), (365, 365), (366, 400), (4000, 0)])
def test_logs_are_never_kept_shorter_than_asked(days: int, kept: int) -> None:
    assert retention_days(Duration(days * 86_400_000)) == kept
    assert list(ALLOWED_DAYS) == sorted(ALLOWED_DAYS)
