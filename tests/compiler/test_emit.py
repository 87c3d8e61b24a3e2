"""What a bundle holds, and that its program is good Python that registers the graph and nothing else."""

import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mlspec.compiler.bundle import Bundle
from mlspec.compiler.emit import emit_bundle
from mlspec.compiler.emit.layout import Expression, Group, Item, call, lay_out, quoted, snake
from mlspec.compiler.entries import graph_entries, lock_of
from mlspec.compiler.graph import Graph, Join, Json, Ref, Secret
from mlspec.compiler.passes import run_passes
from tests.compiler.emitted import ROOT, as_registered, lint, registered, type_check
from tests.compiler.graphs import TYPES, UNIT, changed, checked, graph


def bundle_of(made: Graph) -> Bundle:
    """The bundle of a graph with intentions."""
    return emit_bundle(run_passes(made, TYPES), TYPES, checked())


def program_of(made: Graph) -> str:
    """The program of a graph with intentions."""
    return bundle_of(made).files["infra/__main__.py"].decode()


def odd() -> Graph:
    """The hand-made graph with values that are hard to write down."""
    made = changed(graph(), "alerts", displayName='it\'s "quoted" {braced} \\ and\nlong' + " word" * 30)
    made = changed(made, "data-drift-alarm", alarmDescription=Join(('{"', Ref("aws", "region"), "\"}'é")))
    made = changed(made, "dashboard", dashboardBody=Json({"a": (True, None, 0.5, -1), "b": {}, "c": (), "é": "\t"}))
    return changed(made, "inference", description=Join(("of ", Ref("store", "arn"), " and ", Ref("key", "arn"))))


def test_a_bundle_holds_what_the_contract_says() -> None:
    assert sorted(bundle_of(graph()).files) == [
        "code/inference/handler.py",
        "code/inference/requirements.txt",
        "dashboards/dashboard.json",
        "graph.json",
        "iam/inference-role.json",
        "iam/workflow-role.json",
        "infra/Pulumi.yaml",
        "infra/__main__.py",
        "mlspec.lock",
        "workflow/retraining.asl.json",
    ]


def test_documents_show_references_as_placeholders() -> None:
    workflow = json.loads(bundle_of(graph()).files["workflow/retraining.asl.json"])
    assert workflow["States"]["Ask"]["Parameters"]["FunctionName"] == "${inference.arn}"
    assert workflow["States"]["Ask"]["Resource"] == "arn:${aws.partition}:states:::lambda:invoke"


def test_the_lock_holds_every_file_and_the_resolved_spec() -> None:
    bundle = bundle_of(graph())
    lock = lock_of(bundle)
    assert lock["files"].keys() == bundle.files.keys() - {"mlspec.lock"}
    assert lock["spec"]["gates"][0] == {"metric": "roc_auc", "min": 0.6, "min_rows": 100, "tolerance": 0.0}
    assert lock["origins"]["gates.0"] == "flight.yaml:30:3"
    assert lock["units"].keys() == {"inference"}


def test_entries_are_what_the_graph_said() -> None:
    entry = graph_entries(bundle_of(graph()))["live"]
    assert entry.ignored == {"functionVersion", "routingConfig"}
    assert entry.replace_on == {"name", "functionName"}
    assert entry.needs() == {"inference"}
    assert entry.origin == "flight.yaml:7:3"


def test_a_program_says_why_each_resource_is_there() -> None:
    text = program_of(graph())
    assert "# flight.yaml:7:3: The inference of the stack.\ninference = aws.lambda_.Function(" in text
    assert text.count("\n# ") == len(run_passes(graph(), TYPES).resources)


def test_only_what_is_used_is_looked_up() -> None:
    slim = replace(graph(), resources=tuple(held for held in graph().resources if held.name == "key"), grants=())
    text = program_of(replace(slim, outputs={}, units=()))
    assert "get_region" not in text
    assert "import json" not in text


def test_programs_are_typed_formatted_and_linted(tmp_path: Path) -> None:
    programs = {"plain": program_of(graph()), "odd": program_of(odd())}
    (tmp_path / "types").mkdir()
    (tmp_path / "lint").mkdir()
    assert type_check(programs, tmp_path / "types") == ""
    assert lint(programs, tmp_path / "lint") == ""


def test_the_type_check_can_fail(tmp_path: Path) -> None:
    wrong = changed(graph(), "store-encryption", rules=({"bucketKeyEnabled": "yes"},))
    assert "bucket_key_enabled" in type_check({"wrong": program_of(wrong)}, tmp_path)


@pytest.mark.parametrize("made", [graph(), odd()], ids=["plain", "odd"])
def test_the_program_registers_exactly_the_graph(made: Graph, tmp_path: Path) -> None:
    found = registered(program_of(made), tmp_path)
    wanted = {
        name: {"type": entry.type, "inputs": as_registered(dict(entry.properties))}
        for name, entry in graph_entries(bundle_of(made)).items()
    }
    assert found == wanted


def test_a_secret_is_asked_for_and_never_written() -> None:
    text = program_of(changed(graph(), "inference", description=Join(("token ", Secret("token")))))
    assert 'pulumi.Output.concat("token ", pulumi.Config().require_secret("token"))' in text


def test_bytes_do_not_depend_on_hash_seed_folder_or_order(tmp_path: Path) -> None:
    script = (
        "from tests.compiler.test_emit import bundle_of, odd; from dataclasses import replace; g = odd();"
        "print(bundle_of(g).digest, bundle_of(replace(g, resources=g.resources[::-1])).digest)"
    )
    digests = set()
    for seed, folder in (("0", tmp_path), ("1", ROOT), ("77", tmp_path)):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=True
        )
        digests |= set(done.stdout.split())
    assert len(digests) == 1


def test_layout_agrees_with_the_formatter_on_anything(tmp_path: Path) -> None:
    chance = random.Random(5)
    lines = [lay_out(_expression(chance, depth=4), prefix=f"x{number} = ") for number in range(300)]
    said = lint({"anything": "\n".join(["f = g = print", *lines]) + "\n"}, tmp_path)
    assert said == ""


def _expression(chance: random.Random, *, depth: int) -> Expression:
    items = [_expression(chance, depth=depth - 1) for _ in range(chance.randrange(5))] if depth else []
    match chance.randrange(4) if depth else 3:
        case 0:
            return call("f", *(Item(f"a{index}=", item) for index, item in enumerate(items)))
        case 1:
            pairs = enumerate(items)
            return Group("{", tuple(Item(f"{quoted(f'{index}' + 'k' * index)}: ", item) for index, item in pairs), "}")
        case 2:
            return Group("[", tuple(Item("", item) for item in items), "]")
        case _:
            return quoted("".join(chance.choices("ab'\" {\\}é", k=chance.randrange(30))))


@pytest.mark.parametrize(
    ("wire", "python"),
    [
        ("kmsKeyArn", "kms_key_arn"),
        ("s3Key", "s3_key"),
        ("assumeRolePolicy", "assume_role_policy"),
        ("noncurrentVersionExpiration", "noncurrent_version_expiration"),
        ("enableAPIKey", "enable_api_key"),
        ("id", "id"),
    ],
)
def test_wire_names_become_python_names(wire: str, python: str) -> None:
    assert snake(wire) == python


def test_strings_are_written_as_they_are_read() -> None:
    for text in ("", "'", '"', "\"'", '\\"', "\n\t\\", "é\u2028\x7f", "'''\"", "{}"):
        assert eval(quoted(text)) == text


def test_units_are_written_once_with_their_code() -> None:
    files = bundle_of(graph()).files
    assert files["code/inference/handler.py"] == UNIT.files["handler.py"]
