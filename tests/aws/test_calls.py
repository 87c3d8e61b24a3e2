"""What the code of each unit calls, read from its source, against what its role may do: enough, and no more."""

import ast
from collections.abc import Iterator
from functools import cache

import pytest
from botocore import xform_name
from botocore.loaders import Loader

from mlspec.compiler.graph import Graph
from mlspec.compiler.vendor import unit_files
from tests.aws.wire import policies

# boto3's name of each service that units talk to -> IAM's.
SERVICES = {"s3": "s3", "lambda": "lambda", "cloudwatch": "cloudwatch", "logs": "logs", "sagemaker": "sagemaker",
            "stepfunctions": "states"}  # fmt: skip
# A waiter's name is a string in the source; botocore says what it calls.
WAITERS = dict.fromkeys(
    ("function_active", "function_updated", "published_version_active"), "lambda:GetFunctionConfiguration"
)
TRANSFERS = {"download_file": "s3:GetObject"}
# Not called by our code but needed by the platform, or by a call's side: the key, log lines, telling 404 from 403.
PLATFORM = {
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "s3:ListBucket",
    "sqs:SendMessage",
}
# What a role needs in one form of the function and not in the other: one code does both.
OF_A_ZIP = {"lambda:UpdateFunctionCode"}
OF_AN_IMAGE = {"lambda:UpdateFunctionConfiguration"}
OF_MESSAGES = {"s3:PutObject"}  # what answers requests answers messages too, where the spec has some
TO_SET_VARIABLES = {"kms:CreateGrant", "kms:Encrypt"}


@cache
def operations() -> dict[str, set[str]]:
    """IAM actions by the name of boto3's method."""
    loader = Loader()
    found: dict[str, set[str]] = {}
    for service, prefix in SERVICES.items():
        for operation in loader.load_service_model(service, "service-2")["operations"]:
            found.setdefault(xform_name(operation), set()).add(f"{prefix}:{operation}")
    return found


def services(tree: ast.AST) -> set[str]:
    """IAM's names of the services whose clients a module makes."""
    named = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {SERVICES[name] for name in named & SERVICES.keys()}


def calls(graph: Graph, unit: str) -> Iterator[str]:
    """IAM actions of every call in a unit's own and vendored code, of the services it makes clients of."""
    made = next(made for made in graph.units if made.name == unit)
    trees = [ast.parse(text) for path, text in unit_files(made).items() if path.endswith(".py")]
    used = set().union(*(services(tree) for tree in trees))
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            yield from (action for action in operations().get(name, ()) if action.partition(":")[0] in used)
            if name == "get_waiter" and isinstance(node.args[0], ast.Constant):
                yield WAITERS[str(node.args[0].value)]
            elif name in TRANSFERS:
                yield TRANSFERS[name]


def allowed(graph: Graph, unit: str) -> set[str]:
    document = policies(graph)[f"{unit}-role-policy.policy"]
    return {action for statement in document["Statement"] for action in statement["Action"]}


@pytest.mark.parametrize("unit", ["start", "gate", "rollout", "monitor"])
def test_a_role_may_do_what_its_code_calls_and_no_more(graph: Graph, unit: str) -> None:
    may, called = allowed(graph, unit), set(calls(graph, unit)) - OF_AN_IMAGE
    assert called, "no call found: this test would pass whatever the role may do"
    assert called - may == set()
    assert may - called - PLATFORM == set()


@pytest.mark.parametrize("unit", ["gate", "rollout", "inference"])
def test_so_it_may_where_the_function_is_an_image(image_graph: Graph, unit: str) -> None:
    may, called = allowed(image_graph, unit), set(calls(image_graph, unit)) - OF_A_ZIP
    called -= OF_MESSAGES if unit == "inference" else set()
    assert called, "no call found: this test would pass whatever the role may do"
    assert called - may == set()
    assert may - called - PLATFORM == (TO_SET_VARIABLES if unit == "rollout" else set())


def test_serving_calls_nothing(graph: Graph) -> None:
    assert set(calls(graph, "inference")) - OF_MESSAGES == set()
