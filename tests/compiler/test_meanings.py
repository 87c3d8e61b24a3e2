"""What a plan says its steps mean: the words, the number, the line of the spec."""

from dataclasses import replace

import pytest

from mlspec.compiler.graph import Graph, Json, Ref, Resource, Value
from mlspec.compiler.plan import Meaning, destroy_plan
from mlspec.compiler.plan.meanings import MEANINGS
from tests.compiler.graphs import TOPIC, UNIT, changed, graph, resource
from tests.compiler.test_plan import STATE, planned, without

GATES = [{"metric": "roc_auc", "min": 0.6}, {"metric": "roc_auc", "min": 0.5, "each": "carrier"}]
MONITORS = [{"signal": "data_drift", "method": "psi", "threshold": 0.2, "window": "7d"}]


def said(made: Graph | None = None, **spec: object) -> list[Meaning]:
    """What a change means."""
    return list(planned(made or graph(), STATE, **spec).meanings)


def texts(made: Graph | None = None, **spec: object) -> list[str]:
    """The same in words, with ! for risks and the place."""
    return [f"{'! ' if meaning.risk else ''}{meaning.text} @{meaning.origin}" for meaning in said(made, **spec)]


@pytest.mark.parametrize(
    ("gates", "wanted"),
    [
        ([{"metric": "roc_auc", "min": 0.55}, GATES[1]], "! gate loosened: roc_auc, min 0.6 -> 0.55 @flight.yaml:30:3"),
        ([{"metric": "roc_auc", "min": 0.65}, GATES[1]], "gate tightened: roc_auc, min 0.6 -> 0.65 @flight.yaml:30:3"),
        ([GATES[0]], "! gate removed: roc_auc in each carrier min 0.5 @"),
        (
            [*GATES, {"metric": "latency_p99", "max": "20ms"}],
            "gate added: latency_p99 max 20ms @flight.yaml:32:3",
        ),
        (
            [*GATES, {"metric": "rmse", "output": "hours", "max": 6}],
            "gate added: rmse of hours max 6.0 @flight.yaml:32:3",
        ),
        (
            [GATES[0], {**GATES[1], "min_rows": 500}],
            "! gate loosened: roc_auc in each carrier, min_rows 100 -> 500 @flight.yaml:31:3",
        ),
    ],
)
def test_gates(gates: list[dict[str, object]], wanted: str) -> None:
    assert texts(gates=gates) == [wanted]


def test_swapping_gates_means_nothing() -> None:
    assert texts(gates=GATES[::-1]) == []


@pytest.mark.parametrize(
    ("monitors", "wanted"),
    [
        ([], "! monitor removed: data_drift psi @"),
        (
            [{**MONITORS[0], "threshold": 0.3}],
            "! monitor loosened: data_drift psi, threshold 0.2 -> 0.3 @flight.yaml:40:3",
        ),
        (
            [{**MONITORS[0], "threshold": 0.1}],
            "monitor tightened: data_drift psi, threshold 0.2 -> 0.1 @flight.yaml:40:3",
        ),
        ([*MONITORS, {"signal": "errors", "max": "1%"}], "monitor added: errors @flight.yaml:41:3"),
    ],
)
def test_monitors(monitors: list[dict[str, object]], wanted: str) -> None:
    assert texts(monitors=monitors) == [wanted]


@pytest.mark.parametrize(
    ("rollout", "wanted"),
    [
        ({"bake": "5m"}, "! rollout changed: bake 10m -> 5m @"),
        ({"bake": "20m"}, "rollout changed: bake 10m -> 20m @"),
        ({"strategy": "all_at_once"}, "! rollout changed: strategy canary -> all_at_once @"),
        ({"steps": ["50%", "100%"]}, "! rollout changed: steps [5%, 25%, 100%] -> [50%, 100%] @"),
        ({"rollback_on": ["errors", "rejects"]}, "rollout changed: rollback_on [errors] -> [errors, rejects] @"),
        ({"max_error_rate": "5%"}, "! rollout changed: max_error_rate 1% -> 5% @"),
    ],
)
def test_rollouts(rollout: dict[str, object], wanted: str) -> None:
    assert texts(rollout=rollout) == [wanted]


def test_shorter_retention_deletes_records() -> None:
    wanted = "! retention shortened: records are kept 30d, not 365d; older ones are deleted @"
    assert texts(governance={"retention": "30d"}) == [wanted]
    assert texts(governance={"retention": "400d"}) == []


def test_retraining_is_told_to_who_pays() -> None:
    meanings = said(retraining={"on": ["data_drift"], "max_per_month": 2})
    assert {meaning.reviewer for meaning in meanings} == {"cost"}
    assert "retraining changed: max_per_month none -> 2" in {meaning.text for meaning in meanings}


def test_a_wider_and_a_narrower_policy_say_which_right() -> None:
    granted = graph().grants
    wider = replace(graph(), grants=(*granted, replace(granted[1], actions=("s3:DeleteObject",))))
    assert texts(wider)[0].startswith(
        "! IAM widened: inference-role-policy now allows s3:DeleteObject on ${store.arn}/releases/* @flight.yaml"
    )
    narrower = replace(graph(), grants=(granted[0], granted[2]))
    assert texts(narrower) == [
        "IAM narrowed: inference-role-policy no longer allows s3:GetObject on ${store.arn}/releases/* @flight.yaml:7:3"
    ]


def test_a_right_that_only_moves_between_statements_means_nothing() -> None:
    granted = graph().grants[0]
    apart = [replace(granted, actions=(action,)) for action in granted.actions]
    assert texts(replace(graph(), grants=(*apart, *graph().grants[1:]))) == []


def test_a_wider_trust_is_widening() -> None:
    statement: Value = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = Json({"Version": "2012-10-17", "Statement": (statement,)})
    kinds = [meaning.kind for meaning in said(changed(graph(), "inference-role", assumeRolePolicy=trust))]
    assert kinds == ["iam-widened", "iam-narrowed"]


def with_one(extra: Resource) -> Graph:
    """The hand-made graph with one resource more."""
    return replace(graph(), resources=(*graph().resources, extra))


def test_an_open_address_is_public() -> None:
    assert [meaning.kind for meaning in said(changed(graph(), "inference-url", authorizationType="NONE"))] == [
        "public-exposure"
    ]


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}])
def test_a_policy_for_everybody_is_public_unless_it_has_a_condition(principal: Value) -> None:
    statement: dict[str, Value] = {"Effect": "Allow", "Principal": principal, "Action": "sns:Publish", "Resource": "*"}
    open_topic = resource(TOPIC, "other", {"policy": Json({"Statement": (statement,)})})
    assert "public-exposure" in {meaning.kind for meaning in said(with_one(open_topic))}
    narrowed = {**statement, "Condition": {"StringEquals": {"aws:SourceAccount": Ref("aws", "accountId")}}}
    closed_topic = resource(TOPIC, "other", {"policy": Json({"Statement": (narrowed,)})})
    assert "public-exposure" not in {meaning.kind for meaning in said(with_one(closed_topic))}


def test_data_and_traffic_are_lost_with_their_resources() -> None:
    kinds = {meaning.kind: meaning.text for meaning in said(without(graph(), "inference-url"), gates=GATES)}
    assert "callers need another address" in kinds["traffic-lost"]
    lost = [meaning.text for meaning in destroy_plan(STATE).meanings if meaning.kind == "data-lost"]
    assert lost == [
        "data lost: store (aws:s3/bucket:Bucket) is deleted, and what it holds goes with it",
        "data lost: key (aws:kms/key:Key) is deleted, and what it holds goes with it",
    ]


def test_replacing_a_function_stops_traffic() -> None:
    kinds = [meaning.kind for meaning in said(changed(graph(), "inference", name="other"))]
    assert kinds.count("traffic-lost") == 3


def test_new_code_is_said_with_both_digests() -> None:
    [meaning] = said(graph(replace(UNIT, files={"handler.py": b"x = 1\n"})))
    assert meaning.text.startswith("code changed: inference (")
    assert not meaning.risk


def test_a_first_deployment_loosens_nothing() -> None:
    assert planned(graph(), None).meanings == ()


def test_a_resource_that_only_moves_its_settings_means_nothing() -> None:
    assert texts(changed(graph(), "inference-logs", retentionInDays=400)) == []


def test_every_rule_is_in_the_table_once() -> None:
    assert len(set(MEANINGS)) == len(MEANINGS) == 15
