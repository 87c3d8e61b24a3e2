"""Every policy document of the example, judged by parliament and by rules of our own."""

import json
from collections.abc import Iterator
from typing import Any

import parliament
import pytest

from mlspec.compiler.graph import Graph
from mlspec.specs.checked import Checked
from tests.aws.specs import flights
from tests.aws.wire import passed, plain, policies

# Where AWS knows no resource for an action, by its own service authorization reference.
NO_RESOURCE = {
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
}


def statements(document: Any) -> Iterator[dict[str, Any]]:
    yield from document["Statement"]


def each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def findings(document: Any) -> list[str]:
    return [str(finding) for finding in parliament.analyze_policy_string(json.dumps(document)).findings]


@pytest.mark.parametrize(("environment", "overrides"), [("dev", ()), ("prod", ()), ("dev", ("serving.package=image",))])
def test_parliament_finds_nothing_in_what_roles_may_do(environment: str, overrides: tuple[str, ...]) -> None:
    judged = {
        name: document
        for name, document in policies(passed(flights(environment, overrides))).items()
        if name.endswith("-role-policy.policy")
    }
    assert len(judged) == 8
    assert {name: findings(document) for name, document in judged.items()} == {name: [] for name in judged}


def test_parliament_would_find_a_wrong_resource_and_an_unknown_action() -> None:
    assert findings(_allowing("s3:PutObject", "arn:aws:s3:::bucket")) != []
    assert findings(_allowing("s3:GetObjct", "arn:aws:s3:::bucket/*")) != []
    assert findings(_allowing("s3:GetObject", "arn:aws:s3:::bucket/*")) == []


def _allowing(action: str, resource: str) -> Any:
    statement = {"Effect": "Allow", "Action": [action], "Resource": [resource]}
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_no_action_has_a_wildcard_and_no_policy_uses_not(graph: Graph) -> None:
    documents = policies(graph)
    assert len(documents) > 15
    for name, document in documents.items():
        for statement in statements(document):
            assert not any("*" in action for action in each(statement["Action"])), name
            assert not {"NotAction", "NotResource", "NotPrincipal"} & statement.keys()


def test_all_resources_only_where_an_action_knows_none(graph: Graph) -> None:
    for name, document in policies(graph).items():
        for statement in statements(document):
            if name.endswith("-role-policy.policy") and "*" in each(statement["Resource"]):
                assert set(each(statement["Action"])) <= NO_RESOURCE, name


def test_anybody_is_only_ever_denied(graph: Graph) -> None:
    for name, document in policies(graph).items():
        for statement in statements(document):
            if statement.get("Principal") == "*":
                assert statement["Effect"] == "Deny", name


def test_services_act_for_this_account_only(graph: Graph) -> None:
    for name, document in policies(graph).items():
        for statement in statements(document):
            service = statement.get("Principal", {})
            if isinstance(service, dict) and "Service" in service and service["Service"] != "lambda.amazonaws.com":
                assert "123456789012" in json.dumps(statement.get("Condition")), name


def test_the_key_can_be_administered_and_used_without_a_wildcard(graph: Graph) -> None:
    root = next(s for s in statements(policies(graph)["key.policy"]) if s["Sid"] == "AccountByIam")
    assert root["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    # A key whose policy nobody may change, or that nobody may delete, is lost.
    assert {"kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:Decrypt"} <= set(root["Action"])


def test_an_image_is_pulled_for_its_function_alone(image_graph: Graph) -> None:
    (statement,) = statements(policies(image_graph)["images-policy.policy"])
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    source = statement["Condition"]["StringLike"]["aws:sourceArn"]
    assert source == "arn:aws:lambda:eu-west-1:123456789012:function:flight-delay-dev-inference"
    assert set(statement["Action"]) == {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}


def test_only_its_own_files_and_names_are_within_reach(graph: Graph, checked: Checked) -> None:
    """Another stack's resources, or a neighbour's bucket, are in no policy."""
    own = (
        checked.spec.stack,
        "lake",
        "training-job",
        "pytorch-training",
        "key/",
        "StepFunctionsGetEvents",
        "/aws/sagemaker/",
    )
    for name, document in policies(graph).items():
        for statement in statements(document) if name.endswith("-role-policy.policy") else ():
            for resource in each(statement["Resource"]):
                assert resource == "*" or any(word in resource for word in own) or "/aws/sagemaker/" in resource, (
                    resource
                )


def allowed(graph: Graph, role: str) -> set[str]:
    document = policies(graph)[f"{role}-policy.policy"]
    return {action for statement in statements(document) for action in each(statement["Action"])}


def test_the_workflow_may_do_what_its_states_do(graph: Graph) -> None:
    definition = plain(graph, graph.resource("workflow").properties["definition"])
    tasks = {state["Resource"] for state in definition["States"].values() if state["Type"] == "Task"}
    needs = {
        "arn:aws:states:::lambda:invoke": {"lambda:InvokeFunction"},
        "arn:aws:states:::sns:publish": {"sns:Publish", "kms:GenerateDataKey", "kms:Decrypt"},
        "arn:aws:states:::sagemaker:createTrainingJob.sync": {
            "sagemaker:CreateTrainingJob",
            "sagemaker:DescribeTrainingJob",
            "sagemaker:StopTrainingJob",
            "sagemaker:AddTags",
            "iam:PassRole",
            "events:PutTargets",
            "events:PutRule",
            "events:DescribeRule",
        },
    }
    assert tasks == set(needs)
    assert set.union(*needs.values()) <= allowed(graph, "workflow-role")


def test_the_workflow_may_call_exactly_the_functions_it_calls(graph: Graph) -> None:
    definition = plain(graph, graph.resource("workflow").properties["definition"])
    called = {
        s["Parameters"]["FunctionName"] for s in definition["States"].values() if "lambda" in s.get("Resource", "")
    }
    may = {
        resource
        for statement in statements(policies(graph)["workflow-role-policy.policy"])
        if "lambda:InvokeFunction" in each(statement["Action"])
        for resource in each(statement["Resource"])
    }
    assert may == called


@pytest.mark.parametrize(
    ("role", "never"),
    [
        ("inference-role", "s3:GetObject"),
        ("start-role", "lambda:UpdateAlias"),
        ("gate-role", "lambda:UpdateAlias"),
        ("training-role", "lambda:UpdateAlias"),
        ("monitor-role", "s3:PutObject"),
        ("workflow-role", "lambda:UpdateAlias"),
    ],
)
def test_only_the_rollout_moves_traffic_and_serving_reads_nothing(graph: Graph, role: str, never: str) -> None:
    assert never not in allowed(graph, role)
    assert "lambda:UpdateAlias" in allowed(graph, "rollout-role")


def test_a_training_job_cannot_write_a_release_nor_the_champion(graph: Graph) -> None:
    document = policies(graph)["training-role-policy.policy"]
    written = {
        resource.rpartition(":")[2].partition("/")[2]
        for statement in statements(document)
        if "s3:PutObject" in each(statement["Action"])
        for resource in each(statement["Resource"])
    }
    assert written == {"jobs/*"}
