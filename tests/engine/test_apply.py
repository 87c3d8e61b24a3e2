"""Applies: what is created, kept, changed, replaced and deleted, in which order, and what stops it."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlspec.compiler.graph import Join, Json, Ref, Secret
from mlspec.specs.diagnostics import SpecError
from mlspec.targets.aws.types import TYPES
from mlspec.targets.local.engine import DeployError, PartlyApplied, StateStore, apply_bundle, destroy_stack
from mlspec.targets.local.engine.providers.table import PROVIDERS
from tests.engine.stacks import alarm, contents, everything, made, package

Write = Callable[..., Path]


@pytest.fixture
def whole(bundle: Write, tmp_path: Path) -> Callable[..., Path]:
    """Writes the bundle of everything, its package built."""

    def write(**changes: Any) -> Path:
        package(tmp_path / "bundle", changes.pop("content", "1"))
        return bundle(*everything(**changes))

    return write


def test_every_type_is_made_kept_and_destroyed(cloud: Any, store: StateStore, whole: Any, told: Any) -> None:
    empty = contents(cloud)
    directory = whole()
    state = apply_bundle(directory, cloud=cloud, store=store, progress=told)
    assert set(told.done.values()) == {"create"}
    assert len(told.done) == len(everything()) == len(state.resources)
    assert state.complete
    assert state.cloud == cloud.id
    applied = contents(cloud)
    assert applied["functions"]["demo-dev-start"][1] == [("live", "1")]

    told.events.clear()
    again = apply_bundle(directory, cloud=None_calls(cloud), store=store, progress=told)
    assert set(told.done.values()) == {"keep"}
    assert again.serial == state.serial
    assert contents(cloud) == applied

    cloud.client("s3").put_object(Bucket="demo-dev-store-123456789012", Key="releases/1", Body=b"made at run time")
    cloud.client("lambda").publish_version(FunctionName="demo-dev-start")
    cloud.client("sagemaker").create_model_package(ModelPackageGroupName="demo-dev-registry")
    told.events.clear()
    destroyed = destroy_stack(store, cloud=cloud, progress=told)
    assert not destroyed.resources
    assert contents(cloud) == empty
    order = told.of("delete")
    for after in ("key-alias", "start", "alerts", "store-encryption"):
        assert order.index(after) < order.index("key")
    assert order.index("url") < order.index("live") < order.index("start") < order.index("start-role")


class None_calls:  # noqa: N801
    """A cloud that may not be called."""

    def __init__(self, cloud: Any) -> None:
        self.endpoint, self.id, self.account, self.region = cloud.endpoint, cloud.id, cloud.account, cloud.region

    def client(self, service: str) -> Any:
        raise AssertionError(f"{service} was called")


def test_new_code_is_a_new_version_and_the_alias_stays_where_the_rollout_put_it(
    cloud: Any, store: StateStore, whole: Any, told: Any
) -> None:
    apply_bundle(whole(), cloud=cloud, store=store)
    client = cloud.client("lambda")
    moved = client.publish_version(FunctionName="demo-dev-start", Description="a release")["Version"]
    client.update_alias(FunctionName="demo-dev-start", Name="live", FunctionVersion=moved)
    state = apply_bundle(whole(digest="b" * 16, content="2"), cloud=cloud, store=store, progress=told)
    assert told.done["start-code"] == "replace"
    assert told.done["start"] == "update"
    assert told.done["live"] == "keep"
    assert client.get_alias(FunctionName="demo-dev-start", Name="live")["FunctionVersion"] == moved
    assert int(state.resources["start"].outputs["version"]) > int(moved)
    assert [key for key, _ in contents(cloud)["objects"]["demo-dev-store-123456789012"]] == [
        f"code/start-{'b' * 16}.zip"
    ]


def test_an_update_for_another_reason_leaves_ignored_properties_as_they_run(
    cloud: Any, store: StateStore, bundle: Write, told: Any
) -> None:
    ignoring = {"ignore_changes": ("dimensions",)}
    apply_bundle(bundle(alarm(dimensions={"version": "1"}, options=ignoring)), cloud=cloud, store=store)
    client = cloud.client("cloudwatch")
    found = client.describe_alarms()["MetricAlarms"][0]
    names = (
        "AlarmName",
        "ComparisonOperator",
        "EvaluationPeriods",
        "MetricName",
        "Namespace",
        "Period",
        "Statistic",
        "Threshold",
    )
    dimensions = [{"Name": "version", "Value": "7"}]
    client.put_metric_alarm(**{name: found[name] for name in names}, Dimensions=dimensions)
    changed = alarm(dimensions={"version": "2"}, threshold=0.5, options=ignoring)
    apply_bundle(bundle(changed), cloud=cloud, store=store, progress=told)
    assert told.done == {"errors-alarm": "update"}
    after = client.describe_alarms()["MetricAlarms"][0]
    assert (after["Dimensions"], after["Threshold"]) == (dimensions, 0.5)


def test_a_change_of_an_ignored_property_alone_is_no_change(
    cloud: Any, store: StateStore, bundle: Write, told: Any
) -> None:
    options = {"ignore_changes": ("threshold",)}
    apply_bundle(bundle(alarm(options=options)), cloud=cloud, store=store)
    apply_bundle(bundle(alarm(threshold=0.9, options=options)), cloud=None_calls(cloud), store=store, progress=told)
    assert told.done == {"errors-alarm": "keep"}


def test_a_new_name_replaces_and_the_old_one_goes_last(cloud: Any, store: StateStore, bundle: Write, told: Any) -> None:
    def resources(name: str) -> list[Any]:
        return [
            made("Topic", "alerts", {"name": name}),
            alarm(alarmActions=(Ref("alerts", "arn"),)),
        ]

    apply_bundle(bundle(*resources("one")), cloud=cloud, store=store)
    state = apply_bundle(bundle(*resources("two")), cloud=cloud, store=store, progress=told)
    assert [(event.resource.partition("~")[0], event.action) for event in told.events] == [
        ("alerts", "replace"), ("errors-alarm", "update"), ("alerts", "delete"),
    ]  # fmt: skip
    assert [arn.rpartition(":")[2] for arn in contents(cloud)["topics"]] == ["two"]
    assert set(state.resources) == {"alerts", "errors-alarm"}


def test_what_goes_with_a_replaced_resource_is_made_again(
    cloud: Any, store: StateStore, bundle: Write, told: Any
) -> None:
    def resources(kind: str) -> list[Any]:
        machine = {
            "name": "demo-machine", "type": kind, "roleArn": Ref("role", "arn"),
            "definition": Json({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
        }  # fmt: skip
        role = {"name": "demo", "assumeRolePolicy": Json({"Version": "2012-10-17", "Statement": ()})}
        return [made("Role", "role", role), made("StateMachine", "workflow", machine)]

    apply_bundle(bundle(*resources("STANDARD")), cloud=cloud, store=store)
    apply_bundle(bundle(*resources("EXPRESS")), cloud=cloud, store=store, progress=told)
    assert told.done == {"role": "keep", "workflow": "replace"}
    machines = cloud.client("stepfunctions").list_state_machines()["stateMachines"]
    assert [(machine["name"], machine["type"]) for machine in machines] == [("demo-machine", "EXPRESS")]


def test_what_the_program_has_no_more_is_deleted_dependants_first(
    cloud: Any, store: StateStore, whole: Any, bundle: Write, told: Any
) -> None:
    apply_bundle(whole(), cloud=cloud, store=store)
    gone = {"url", "url-permission", "live", "workflow", "schedule-target", "start"}
    kept = [resource for resource in everything() if resource.name not in gone]
    state = apply_bundle(bundle(*kept), cloud=cloud, store=store, progress=told)
    order = told.of("delete")
    assert set(order) == gone
    assert order[-1] == "start"
    assert order.index("url") < order.index("live")
    assert set(state.resources) == {resource.name for resource in kept}
    assert contents(cloud)["functions"].keys() == {"demo-dev-inference"}


@pytest.mark.parametrize("change", ["removed", "replaced"])
def test_a_protected_resource_is_neither_deleted_nor_replaced(
    change: str, cloud: Any, store: StateStore, bundle: Write, told: Any
) -> None:
    topic = made("Topic", "alerts", {"name": "one"}, protect=True, line=31)
    apply_bundle(bundle(topic, alarm()), cloud=cloud, store=store)
    second = (
        bundle(alarm("other")) if change == "removed" else bundle(replace(topic, properties={"name": "two"}), alarm())
    )
    with pytest.raises(DeployError, match="alerts is protected") as raised:
        apply_bundle(second, cloud=cloud, store=store, progress=told)
    assert str(raised.value.diagnostics[0].span) == "demo.yaml:31:3"
    assert "delete" not in told.done.values()
    assert "demo-dev-errors-alarm" in contents(cloud)["alarms"]
    assert [arn.rpartition(":")[2] for arn in contents(cloud)["topics"]] == ["one"]
    with pytest.raises(DeployError, match="alerts is protected"):
        destroy_stack(store, cloud=cloud, consent=False)
    assert not destroy_stack(store, cloud=cloud).resources


def test_a_bucket_with_data_needs_consent(cloud: Any, store: StateStore, bundle: Write) -> None:
    apply_bundle(bundle(made("Bucket", "store", {"bucket": "demo-store"}), alarm()), cloud=cloud, store=store)
    cloud.client("s3").put_object(Bucket="demo-store", Key="data", Body=b"irreplaceable")
    with pytest.raises(DeployError, match="holds data") as raised:
        apply_bundle(bundle(alarm()), cloud=cloud, store=store)
    assert raised.value.diagnostics[0].hint.startswith("empty it")
    assert contents(cloud)["objects"]["demo-store"] == [("data", 13)]
    destroy_stack(store, cloud=cloud)
    assert contents(cloud)["objects"] == {}


def test_a_failure_says_the_resource_the_line_and_what_to_try_and_the_rest_is_recorded(
    cloud: Any, store: StateStore, bundle: Write, told: Any
) -> None:
    bad = made("EventRule", "schedule", {"name": "demo", "scheduleExpression": "every now and then"}, line=44)
    after = made(
        "EventTarget", "target", {"rule": Ref("schedule", "name"), "targetId": "t", "arn": Ref("alerts", "arn")}
    )
    topic = made("Topic", "alerts", {"name": "one"})
    with pytest.raises(PartlyApplied) as raised:
        apply_bundle(bundle(topic, bad, after), cloud=cloud, store=store, progress=told)
    (problem,) = raised.value.diagnostics
    assert (problem.code, str(problem.span)) == ("ML601", "demo.yaml:44:3")
    assert problem.message.startswith("cannot create schedule (EventRule): ValidationException")
    assert problem.hint
    assert "target" not in told.done
    state = store.load()
    assert state is not None
    assert not state.complete
    good = replace(bad, properties={"name": "demo", "scheduleExpression": "rate(1 day)"})
    healed = apply_bundle(bundle(topic, good, after), cloud=cloud, store=store)
    assert healed.complete
    assert contents(cloud)["rules"] == {"demo": ["t"]}
    assert len(contents(cloud)["topics"]) == 1


def test_something_of_the_same_name_that_is_not_ours_is_not_taken_over(
    cloud: Any, store: StateStore, bundle: Write
) -> None:
    cloud.client("iam").create_role(RoleName="demo", AssumeRolePolicyDocument="{}", Description="somebody's")
    role = made("Role", "role", {"name": "demo", "assumeRolePolicy": Json({"Version": "2012-10-17", "Statement": ()})})
    with pytest.raises(DeployError, match="EntityAlreadyExists") as raised:
        apply_bundle(bundle(role), cloud=cloud, store=store)
    assert "has that name" in raised.value.diagnostics[0].hint
    assert cloud.client("iam").get_role(RoleName="demo")["Role"]["Description"] == "somebody's"


def test_a_missing_package_is_said(cloud: Any, store: StateStore, bundle: Write) -> None:
    with pytest.raises(DeployError, match=r"start.zip is not there"):
        apply_bundle(bundle(*everything()), cloud=cloud, store=store)


def test_a_secret_reaches_the_cloud_and_nothing_else(
    cloud: Any, store: StateStore, bundle: Write, told: Any, tmp_path: Path
) -> None:
    secret = "hunter2-the-secret"

    def resources() -> list[Any]:
        return [alarm(alarmDescription=Join(("password ", Secret("word")))), made("Topic", "alerts", {"name": "t"})]

    apply_bundle(bundle(*resources()), cloud=cloud, store=store, secrets={"word": secret}, progress=told)
    assert cloud.client("cloudwatch").describe_alarms()["MetricAlarms"][0]["AlarmDescription"] == f"password {secret}"
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert secret.encode() not in written
    assert secret not in repr(told.events)
    told.events.clear()
    apply_bundle(bundle(*resources()), cloud=None_calls(cloud), store=store, secrets={"word": secret}, progress=told)
    assert set(told.done.values()) == {"keep"}
    apply_bundle(bundle(*resources()), cloud=cloud, store=store, secrets={"word": "another"}, progress=told)
    assert told.done["errors-alarm"] == "update"


def test_a_secret_is_not_repeated_by_an_error(cloud: Any, store: StateStore, bundle: Write) -> None:
    rule = made("EventRule", "schedule", {"name": "demo", "scheduleExpression": Secret("word")})
    with pytest.raises(DeployError) as raised:
        apply_bundle(bundle(rule), cloud=cloud, store=store, secrets={"word": "hunter2-the-secret"})
    assert "hunter2" not in str(raised.value)
    with pytest.raises(DeployError, match="the secret 'word' has no value"):
        apply_bundle(bundle(rule), cloud=cloud, store=store)


def test_a_restarted_cloud_is_empty(
    cloud: Any, store: StateStore, bundle: Write, told: Any, reset: Callable[[], None]
) -> None:
    directory = bundle(made("Topic", "alerts", {"name": "one"}))
    first = apply_bundle(directory, cloud=cloud, store=store)
    reset()
    cloud.id = "another"
    second = apply_bundle(directory, cloud=cloud, store=store, progress=told)
    assert told.of("warn") == [""]
    assert told.done["alerts"] == "create"
    assert (second.cloud, second.serial) == ("another", first.serial + 1)


@pytest.mark.parametrize(
    "endpoint", ["https://kms.us-east-1.amazonaws.com", "http://10.0.0.1:5000", "http://localhost.evil.com"]
)
def test_only_a_cloud_on_this_machine_is_touched(endpoint: str, store: StateStore, bundle: Write) -> None:
    class Far:
        account, region, id = "123456789012", "us-east-1", "x"

    Far.endpoint = endpoint  # type: ignore[attr-defined]
    with pytest.raises(DeployError, match="does not deploy to"):
        apply_bundle(bundle(alarm()), cloud=Far(), store=store)  # type: ignore[arg-type]
    with pytest.raises(DeployError, match="does not deploy to"):
        destroy_stack(store, cloud=Far())  # type: ignore[arg-type]


def test_runs_leave_the_process_as_it_was(cloud: Any, store: StateStore, bundle: Write, told: Any) -> None:
    before = (os.getcwd(), list(sys.path), sys.modules["__main__"])
    for threshold in (0.1, 0.2):
        apply_bundle(bundle(alarm(threshold=threshold)), cloud=cloud, store=store, progress=told)
        assert (os.getcwd(), list(sys.path), sys.modules["__main__"]) == before
    bad = bundle(made("EventRule", "schedule", {"name": "demo", "scheduleExpression": "never"}))
    with pytest.raises(SpecError):
        apply_bundle(bad, cloud=cloud, store=store)
    assert (os.getcwd(), list(sys.path), sys.modules["__main__"]) == before
    assert [event.action for event in told.events] == ["create", "update"]


def test_what_runs_is_read_back(cloud: Any, store: StateStore, bundle: Write) -> None:
    def creeping(site: Any, inputs: Any) -> Any:
        return real.create(site, {**inputs, "threshold": 0.75})

    token = "aws:cloudwatch/metricAlarm:MetricAlarm"
    real = PROVIDERS[token]
    providers = {**PROVIDERS, token: replace(real, create=creeping)}
    with pytest.raises(PartlyApplied, match=r"runs with threshold 0.75, not 0.25"):
        apply_bundle(bundle(alarm()), cloud=cloud, store=store, providers=providers)


def test_every_type_the_compiler_makes_can_be_made_here_and_is_replaced_when_the_plan_says_so() -> None:
    assert set(TYPES) <= set(PROVIDERS)
    for token, kind in TYPES.items():
        assert PROVIDERS[token].replace_on <= kind.replace_on, token


def test_the_state_is_json_that_says_what_was_declared(cloud: Any, store: StateStore, bundle: Write) -> None:
    apply_bundle(bundle(alarm()), cloud=cloud, store=store)
    document = json.loads(store.path.read_bytes())
    held = document["resources"]["errors-alarm"]
    assert held["declared"]["origin"] == "demo.yaml:7:3"
    assert held["status"] == "done"
    assert held["inputs"]["threshold"] == 0.25
    assert held["outputs"]["arn"].endswith(":alarm:demo-dev-errors-alarm")
