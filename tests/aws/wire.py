"""Values of a graph as they would be on the wire, references by plausible ARNs and names."""

from typing import Any

from mlspec.compiler.graph import Asset, Graph, Join, Json, Name, Ref, Resource, Value
from mlspec.compiler.passes import run_passes
from mlspec.specs.checked import Checked
from mlspec.targets.aws.lower import lower
from mlspec.targets.aws.types import TYPES

ACCOUNT, REGION = "123456789012", "eu-west-1"

ARNS = {
    "aws:kms/key:Key": "kms:{r}:{a}:key/0d6bd9ad-1df2-4e5c-a6ea-b5b4ef3c2d11",
    "aws:s3/bucket:Bucket": "s3:::{name}",
    "aws:iam/role:Role": "iam::{a}:role/{name}",
    "aws:lambda/function:Function": "lambda:{r}:{a}:function:{name}",
    "aws:lambda/alias:Alias": "lambda:{r}:{a}:function:f:{name}",
    "aws:cloudwatch/logGroup:LogGroup": "logs:{r}:{a}:log-group:{name}",
    "aws:ecr/repository:Repository": "ecr:{r}:{a}:repository/{name}",
    "aws:sqs/queue:Queue": "sqs:{r}:{a}:{name}",
    "aws:sns/topic:Topic": "sns:{r}:{a}:{name}",
    "aws:cloudwatch/eventRule:EventRule": "events:{r}:{a}:rule/{name}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "cloudwatch:{r}:{a}:alarm:{name}",
    "aws:sfn/stateMachine:StateMachine": "states:{r}:{a}:stateMachine:{name}",
}


def passed(checked: Checked, inputs: dict[str, bytes] | None = None) -> Graph:
    """The graph after all passes."""
    return run_passes(lower(checked, inputs or {}), TYPES)


def plain(graph: Graph, value: Value) -> Any:
    """`value` with everything the cloud would fill in."""
    match value:
        case Ref("aws", output):
            return {"accountId": ACCOUNT, "region": REGION, "partition": "aws"}[output]
        case Ref(resource, output):
            return _output(graph, graph.resource(resource), output)
        case Join(parts):
            return "".join(str(plain(graph, part)) for part in parts)
        case Json(document):
            return plain(graph, document)
        case tuple() | list():
            return [plain(graph, item) for item in value]
        case dict():
            return {key: plain(graph, item) for key, item in value.items()}
        case Asset() | Name():
            return str(value)
        case _:
            return value


def _output(graph: Graph, resource: Resource, output: str) -> Any:
    name_property = TYPES[resource.type].name_property
    name = plain(graph, resource.properties[name_property]) if name_property else resource.name
    if output == "arn":
        return "arn:aws:" + ARNS[resource.type].format(r=REGION, a=ACCOUNT, name=name)
    if output in ("id", "name"):
        return name
    return plain(graph, resource.properties[output]) if output in resource.properties else f"{resource.name}-{output}"


def policies(graph: Graph) -> dict[str, Any]:
    """Every policy document of the graph, by the resource and property it stands in."""
    found = {}
    for resource in graph.resources:
        for key in ("policy", "assumeRolePolicy"):
            if key in resource.properties:
                found[f"{resource.name}.{key}"] = plain(graph, resource.properties[key])
    return found
