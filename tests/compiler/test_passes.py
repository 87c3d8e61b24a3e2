"""What the passes make of a graph, and what they refuse."""

from dataclasses import replace

import pytest

from mlspec.compiler.encoding import encode, shown
from mlspec.compiler.graph import ACCOUNT, Asset, Grant, Graph, Join, Name, Options, Ref, Value
from mlspec.compiler.passes import PASSES, run_passes
from mlspec.specs.diagnostics import SpecError
from tests.compiler.graphs import (
    ALARM,
    BUCKET,
    ENCRYPTION,
    KEY,
    POLICY,
    ROLE,
    TOPIC,
    TYPES,
    changed,
    graph,
    resource,
    trusted,
)


def refused(broken: Graph) -> dict[str, str]:
    """The codes and messages of what is wrong."""
    with pytest.raises(SpecError) as caught:
        run_passes(broken, TYPES)
    return {diagnostic.code: diagnostic.message for diagnostic in caught.value.diagnostics}


def with_grants(*grants: Grant) -> Graph:
    """The hand-made graph, its role granted something else."""
    return replace(graph(), grants=grants)


def policy_of(made: Graph, role: str = "inference-role") -> list[dict[str, object]]:
    """The statements of a role's policy, as a reader sees them."""
    document = shown(encode(made.resource(f"{role}-policy").properties["policy"]))
    statements: list[dict[str, object]] = document["Statement"]
    return statements


def test_the_pipeline_reads_from_top_to_bottom() -> None:
    assert [step.__name__ for step in PASSES] == ["name", "tag", "encrypt", "grant", "check"]


def test_names_come_from_spec_environment_and_resource() -> None:
    made = run_passes(graph(), TYPES)
    assert made.resource("inference").properties["name"] == "flight-dev-inference"
    assert made.resource("store").properties["bucket"] == Join(("flight-dev-store-", ACCOUNT))
    assert made.resource("inference-logs").properties["name"] == "/aws/lambda/flight-dev-inference"


def test_a_name_spelled_elsewhere_makes_no_dependency() -> None:
    variables = encode(run_passes(graph(), TYPES).resource("inference").properties["environment"])["variables"]
    assert variables["MLSPEC_STORE"] == {"$join": ["flight-dev-store-", {"$ref": ["aws", "accountId"]}]}


def test_a_long_or_odd_name_is_refused_where_it_was_asked_for() -> None:
    with pytest.raises(SpecError) as caught:
        run_passes(replace(graph(), spec="F" * 60), TYPES)
    found = [(d.code, str(d.span)) for d in caught.value.diagnostics]
    assert ("ML451", "flight.yaml:7:3") in found
    assert ("ML452", "flight.yaml:7:3") in found


def test_names_that_spell_each_other_are_refused() -> None:
    looped = changed(changed(graph(), "alerts", name=Name("data-drift-alarm")), "data-drift-alarm", name=Name("alerts"))
    assert "which has none" in refused(looped)["ML483"]


def test_tags_are_the_compilers_the_graphs_and_the_resources_own() -> None:
    tagged = replace(changed(graph(), "alerts", tags={"team": "ops"}), tags={"mlspec:owner": "ops@example.com"})
    made = run_passes(tagged, TYPES)
    assert made.resource("alerts").properties["tags"] == {
        "mlspec:environment": "dev",
        "mlspec:owner": "ops@example.com",
        "mlspec:resource": "alerts",
        "mlspec:spec": "flight",
        "team": "ops",
    }
    assert "tags" not in made.resource("store-versioning").properties


def test_a_tag_that_aws_would_refuse_is_refused_here() -> None:
    assert "ML453" in refused(replace(graph(), tags={"mlspec:owner": "a;b"}))


def test_all_that_can_take_the_key_has_it() -> None:
    made = run_passes(graph(), TYPES)
    takes = {
        "alerts": "kmsMasterKeyId",
        "inference": "kmsKeyArn",
        "inference-logs": "kmsKeyId",
        "inference-code": "kmsKeyId",
    }
    assert all(made.resource(name).properties[taken] == Ref("key", "arn") for name, taken in takes.items())


@pytest.mark.parametrize("gone", [KEY, ENCRYPTION])
def test_what_would_lie_in_the_open_is_refused(gone: str) -> None:
    bare = replace(graph(), resources=tuple(held for held in graph().resources if held.type != gone))
    assert "unencrypted" in refused(bare)["ML460"]


def test_a_property_set_to_nothing_is_no_encryption() -> None:
    assert "alerts" in refused(changed(graph(), "alerts", kmsMasterKeyId=""))["ML460"]


def test_grants_of_one_role_become_one_sorted_policy() -> None:
    store: Value = Ref("store", "arn")
    objects: Value = Join((Ref("store", "arn"), "/*"))
    made = run_passes(
        with_grants(
            Grant("inference-role", ("s3:PutObject",), (objects,), "write"),
            Grant("inference-role", ("s3:ListBucket",), (store,), "list"),
            Grant("inference-role", ("s3:GetObject",), (objects,), "read"),
        ),
        TYPES,
    )
    assert policy_of(made) == [
        {
            "Sid": "S3GetObjectAnd1More",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": "${store.arn}/*",
        },
        {"Sid": "S3ListBucket", "Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": "${store.arn}"},
    ]
    assert made.resource("inference-role-policy").properties["name"] == "flight-dev-inference-role-policy"


def test_merging_never_widens_what_was_granted() -> None:
    one, two = Join((Ref("store", "arn"), "/a/x")), Join((Ref("store", "arn"), "/b/x"))
    made = run_passes(
        with_grants(
            Grant("inference-role", ("s3:GetObject", "s3:PutObject"), (one,), "a"),
            Grant("inference-role", ("s3:GetObject",), (two,), "b"),
        ),
        TYPES,
    )
    allowed = {
        (action, target)
        for statement in policy_of(made)
        for action in statement["Action"]  # type: ignore[attr-defined]
        for target in ([statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"])  # type: ignore[attr-defined]
    }
    first, second = "${store.arn}/a/x", "${store.arn}/b/x"
    assert allowed == {("s3:GetObject", first), ("s3:PutObject", first), ("s3:GetObject", second)}


def test_a_narrower_resource_is_dropped_beside_a_wider_one() -> None:
    wide, narrow = Join((Ref("store", "arn"), "/releases/*")), Join((Ref("store", "arn"), "/releases/r1/*"))
    made = run_passes(with_grants(Grant("inference-role", ("s3:GetObject",), (narrow, wide), "read")), TYPES)
    assert [statement["Resource"] for statement in policy_of(made)] == ["${store.arn}/releases/*"]


def test_conditions_keep_statements_apart_and_names_in_them_are_spelled() -> None:
    condition = {"StringEquals": {"s3:prefix": Name("inference")}}
    made = run_passes(
        with_grants(
            Grant("inference-role", ("s3:ListBucket",), (Ref("store", "arn"),), "list", condition),
            Grant("inference-role", ("s3:GetBucketLocation",), (Ref("store", "arn"),), "find"),
        ),
        TYPES,
    )
    conditions = [statement.get("Condition") for statement in policy_of(made)]
    assert conditions == [None, {"StringEquals": {"s3:prefix": "flight-dev-inference"}}]


@pytest.mark.parametrize(
    ("actions", "resources", "code"),
    [
        (("*",), (Ref("store", "arn"),), "ML470"),
        (("s3:*",), (Ref("store", "arn"),), "ML470"),
        (("s3:Get*",), (Ref("store", "arn"),), "ML470"),
        (("GetObject",), (Ref("store", "arn"),), "ML470"),
        (("s3:GetObject",), (), "ML472"),
        (("s3:GetObject",), ("*", Ref("store", "arn")), "ML472"),
        ((), (Ref("store", "arn"),), "ML472"),
    ],
)
def test_grants_that_say_too_much_are_refused(
    actions: tuple[str, ...], resources: tuple[Value, ...], code: str
) -> None:
    assert code in refused(with_grants(Grant("inference-role", actions, resources, "because")))


def test_a_lone_star_as_resource_is_taken_at_its_word() -> None:
    made = run_passes(with_grants(Grant("inference-role", ("cloudwatch:PutMetricData",), ("*",), "count")), TYPES)
    assert policy_of(made)[0]["Resource"] == "*"


def test_a_grant_to_nobody_is_refused() -> None:
    assert "ML471" in refused(with_grants(Grant("nobody", ("s3:GetObject",), (Ref("store", "arn"),), "read")))


def test_users_of_a_role_wait_for_its_policy() -> None:
    assert run_passes(graph(), TYPES).resource("inference").options.depends_on == ("inference-role-policy",)


def test_users_do_not_wait_where_that_would_be_a_cycle() -> None:
    made = run_passes(
        with_grants(Grant("inference-role", ("lambda:InvokeFunction",), (Ref("inference", "arn"),), "ask itself")),
        TYPES,
    )
    assert made.resource("inference").options.depends_on == ()


def test_a_graph_without_grants_has_no_policies() -> None:
    assert all(held.type != POLICY for held in run_passes(with_grants(), TYPES).resources)


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        (resource(TOPIC, "alerts", {}), "ML480"),
        (resource(TOPIC, "Al_erts", {}), "ML481"),
        (resource("aws:none/none:None", "other", {}), "ML482"),
        (resource(ALARM, "other", {"alarmActions": (Ref("nowhere", "arn"),)}), "ML483"),
        (resource(ALARM, "other", {"alarmActions": (Ref("aws", "moon"),)}), "ML483"),
        (resource(ALARM, "other", {"namespace": Name("store-versioning")}), "ML483"),
        (resource(ALARM, "other", {}, options=Options(depends_on=("nowhere",))), "ML483"),
        (resource(ALARM, "other", {"alarmActions": (Ref("other", "arn"),)}), "ML484"),
        (resource(BUCKET, "other", {"source": Asset("packages/none.zip", "0")}), "ML485"),
        (resource(ALARM, "other", {"source": Asset("packages/inference.zip", "0")}), "ML486"),
    ],
)
def test_what_could_not_be_deployed_is_refused(extra: object, code: str) -> None:
    broken = replace(graph(), resources=(*graph().resources, extra))  # type: ignore[arg-type]
    assert code in refused(broken)


def test_a_longer_cycle_is_shown_as_a_path() -> None:
    looped = replace(
        graph(),
        resources=(
            *graph().resources,
            resource(TOPIC, "a", {"policy": Ref("b", "arn")}),
            resource(TOPIC, "b", {"policy": Ref("a", "arn")}),
        ),
    )
    assert refused(looped)["ML484"] == "resources wait for each other: a -> b -> a"


def test_everything_wrong_is_said_at_once() -> None:
    broken = replace(
        with_grants(Grant("inference-role", ("s3:*",), (Ref("store", "arn"),), "all")),
        resources=(*graph().resources, resource(ROLE, "x", {"assumeRolePolicy": trusted("a"), "name": "é"})),
        outputs={"gone": Ref("nowhere", "id")},
    )
    assert {"ML452", "ML470", "ML483"} <= refused(broken).keys()
