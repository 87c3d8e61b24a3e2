"""The emitted program registers exactly its graph.json: types, names, inputs, dependencies, options, outputs."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mlspec.compiler.entries import refs_in
from mlspec.compiler.graph import Asset, Join, Json, Options, Ref, Resource, Secret, Value
from mlspec.specs.origins import Origin, Source
from mlspec.targets.local.engine.recording import record
from tests.golden.corpus import Case, cases

GOOD = {case.folder.name: case for case in cases() if not (case.folder / "expected.txt").exists()}


def small() -> list[Resource]:
    origin = Origin(Source.DEFAULT)

    def made(kind: str, name: str, properties: Mapping[str, Any], **options: Any) -> Resource:
        return Resource(kind, name, properties, origin, "operations", "the test asks", Options(**options))

    document: Value = {
        "Statement": ({"Effect": "Allow", "Resource": (Ref("store", "arn"), Join((Ref("store", "arn"), "/*")))},)
    }
    return [
        made("aws:s3/bucket:Bucket", "store", {"bucket": Join(("demo-", Ref("aws", "accountId")))}, protect=True),
        made(
            "aws:s3/bucketPolicy:BucketPolicy", "store-policy", {"bucket": Ref("store", "id"), "policy": Json(document)}
        ),
        made(
            "aws:s3/bucketObjectv2:BucketObjectv2", "code",
            {"bucket": Ref("store", "id"), "key": "code/a.zip", "source": Asset("packages/a.zip", "d" * 64)},
            depends_on=("store-policy",), retain_on_delete=True,
        ),
        made(
            "aws:cloudwatch/metricAlarm:MetricAlarm", "alarm",
            {
                "name": "demo", "comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 1, "period": 60,
                "metricName": "m", "namespace": "mlspec", "statistic": "Average", "threshold": 0.25,
                "dimensions": {"a_b": "c"}, "alarmDescription": Secret("word"),
            },
            ignore_changes=("dimensions",), delete_before_replace=True,
        ),
    ]  # fmt: skip


def expected(encoded: Any) -> Any:
    """A property of graph.json as the program has to register it."""
    match encoded:
        case {"$ref": [resource, output]}:
            return f"${{{resource}.{output}}}"
        case {"$join": parts}:
            return "".join(str(expected(part)) for part in parts)
        case {"$json": document}:
            return json.dumps(in_document(document), sort_keys=True)
        case {"$asset": path}:
            return {"$asset": path}
        case {"$secret": name}:
            return {"$sealed": f"${{secret.{name}}}"}
        case dict():
            return {key: expected(item) for key, item in encoded.items() if item is not None}
        case list():
            return [expected(item) for item in encoded]
        case float() if encoded.is_integer():
            return int(encoded)
        case _:
            return encoded


def in_document(encoded: Any) -> Any:
    """The same inside a JSON document, where a null and 2.0 stay what they are."""
    match encoded:
        case {"$ref": _} | {"$join": _} | {"$json": _}:
            return expected(encoded)
        case dict():
            return {key: in_document(item) for key, item in encoded.items()}
        case list():
            return [in_document(item) for item in encoded]
        case _:
            return encoded


def check(bundle: Path) -> None:
    graph = json.loads((bundle / "graph.json").read_bytes())
    recording = record(bundle / "infra")
    found = {resource.name: resource for resource in recording.resources}
    assert sorted(found) == [entry["name"] for entry in graph["resources"]]
    for entry in graph["resources"]:
        resource = found[entry["name"]]
        options = dict(entry["options"])
        waits = set(options.pop("depends_on", []))
        assert resource.type == entry["type"]
        assert resource.inputs == expected(entry["properties"]), entry["name"]
        assert set(resource.dependencies) == {name for name, _ in refs_in(entry["properties"])} | waits, entry["name"]
        assert resource.options == options, entry["name"]
    assert recording.outputs == expected(graph["outputs"])


@pytest.mark.parametrize("case", GOOD.values(), ids=GOOD.keys())
def test_every_golden_program_registers_exactly_its_graph(case: Case, tmp_path: Path) -> None:
    for path, content in case.compile().files.items():
        if path == "graph.json" or path.startswith("infra/"):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(content)
    check(tmp_path)


def test_program_with_every_kind_of_value_registers_exactly_its_graph(bundle: Callable[..., Path]) -> None:
    check(bundle(*small(), outputs={"store": Ref("store", "arn")}))


def test_a_program_that_differs_from_its_graph_is_seen(bundle: Callable[..., Path]) -> None:
    directory = bundle(*small())
    program = directory / "infra" / "__main__.py"
    program.write_text(program.read_text().replace("threshold=0.25", "threshold=0.5"))
    with pytest.raises(AssertionError, match="alarm"):
        check(directory)
