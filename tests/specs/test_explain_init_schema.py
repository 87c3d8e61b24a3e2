"""What a key is and where it came from; templates that are valid as they are; the schema editors use."""

import json
from pathlib import Path
from typing import Any

import pytest

from mlspec.specs.diagnostics import SpecError
from mlspec.specs.explain import explain, explain_all
from mlspec.specs.init import TEMPLATES, files_beside, init_spec
from mlspec.specs.schema import json_schema, keys_at, schemas_at
from mlspec.specs.yaml_nodes import parse_yaml, plain
from tests.specs.conftest import Load
from tests.specs.mutations import MUTATIONS


def test_explain_tells_the_chain_lowest_first(good: str, load: Load) -> None:
    found = explain(load(good, environment="prod", overrides=["serving.memory=3 GiB"]), "serving.memory")
    assert (found.value, found.default, found.type) == ("3 GiB", "1 GiB", "quantity")
    assert found.meaning == "Memory of each instance of the function."
    assert [(step.source, step.place) for step in found.chain] == [
        ("profile", "mlspec:profile/minimal.yaml:5:11"),
        ("spec", "spec.yaml:40:35"),
        ("environment", "spec.yaml:9:28"),
        ("override", "command line"),
    ]
    assert found.chain[2].text.startswith("prod: {serving:")
    assert json.loads(json.dumps(found.as_json()))["chain"][3]["text"] == "serving.memory=3 GiB"
    assert found.as_text().startswith("serving.memory = 3 GiB\n")


@pytest.mark.parametrize(
    "key", ["serving", "gates.0", "gates.3.max", "rollout.steps", "data.columns.plan.values.1", "budget", ""]
)
def test_explain_takes_any_key(good: str, load: Load, key: str) -> None:
    found = explain(load(good), key)
    assert found.chain
    assert found.as_text()


@pytest.mark.parametrize("key", ["data.columns.plan v1.5.type", "data.columns.plan.type"])
def test_explain_finds_a_column_whose_name_has_dots(key: str, good: str, load: Load) -> None:
    checked = load(good.replace("    plan:", '    "plan v1.5": {type: float}\n    plan:'))
    assert explain(checked, key).type == "text"
    by_key = {found.key: found for found in explain_all(checked)}
    assert by_key[key].allowed == "float, int, bool, category, string, datetime"


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("environments.prod.serving.memory", "2 GiB", "spec.yaml:9:28"),
        ("environments.staging", {}, "spec.yaml:10:3"),
        ("defaults[0].profile", "standard", "spec.yaml:6:14"),
        ("apiVersion", "mlspec/v1", "spec.yaml:1:13"),
        ("environment", "dev", "--env"),
    ],
)
def test_explain_finds_what_only_composition_reads(good: str, load: Load, key: str, value: object, place: str) -> None:
    found = explain(load(good), key)
    assert (found.value, found.chain[-1].place) == (value, place)
    assert found.type


def test_explain_says_that_a_spec_has_no_environments(good: str, load: Load) -> None:
    text = good.replace("{by: lead@example.com, when: env.prod}", "{by: lead@example.com}")
    start, end = text.index("environments:"), text.index("data:")
    found = explain(load(text[:start] + text[end:]), "environments")
    assert (found.value, found.chain[-1].place) == (None, "the language")
    with pytest.raises(SpecError) as caught:
        explain(load(good), "environments.prd")
    assert caught.value.diagnostics[0].hint.startswith("did you mean 'prod'?")


def test_every_top_key_of_the_language_can_be_explained(good: str, load: Load) -> None:
    checked = load(good)
    for key in json_schema()["properties"]:
        assert explain(checked, key).meaning, key


def test_explain_takes_a_place_in_brackets(good: str, load: Load) -> None:
    checked = load(good)
    assert explain(checked, "gates[3].max") == explain(checked, "gates.3.max")


@pytest.mark.parametrize(("key", "near"), [("serving.memry", "memory"), ("servng", "serving"), ("gates.9", "0, 1, 2")])
def test_explain_refuses_what_is_not_there(good: str, load: Load, key: str, near: str) -> None:
    with pytest.raises(SpecError) as caught:
        explain(load(good), key)
    assert near in caught.value.diagnostics[0].hint


@pytest.mark.parametrize("template", TEMPLATES)
def test_templates_are_valid_as_they_are(template: str, load: Load, tmp_path: Path) -> None:
    text = init_spec(template, "my-model")
    for name, beside in files_beside(template).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(beside)
    for environment in ("dev", "prod"):
        checked = load(text, environment=environment)
        assert (checked.spec.name, checked.spec.task) == ("my-model", "binary" if template == "team" else template)
        assert checked.spec.gates
        assert not checked.warnings
    assert text.startswith("# yaml-language-server: $schema=")
    assert not schema_errors(text)


def test_init_refuses_other_names() -> None:
    with pytest.raises(SpecError) as caught:
        init_spec("binry", "My Model")
    assert [d.code for d in caught.value.diagnostics] == ["ML203", "ML208"]


def schema_errors(text: str) -> list[str]:
    from jsonschema import Draft7Validator  # type: ignore[import-untyped]

    tree: Any = plain(parse_yaml(text, "spec.yaml")[0])
    return [error.message for error in Draft7Validator(json_schema()).iter_errors(tree)]


def test_the_schema_is_a_schema_and_takes_the_good_spec(good: str) -> None:
    from jsonschema import Draft7Validator

    Draft7Validator.check_schema(json_schema())
    assert not schema_errors(good)


def test_the_schema_refuses_what_an_editor_can_see(good: str) -> None:
    """Unknown keys, wrong words and wrong kinds: everything that needs no second look at another block."""
    visible = {"ML201", "ML203", "ML204", "ML205", "ML208"}
    missed = [
        new
        for old, new, code in MUTATIONS
        if code in visible and "!!" not in new and not schema_errors(good.replace(old, new.replace("@@", ""), 1))
    ]
    assert [new for new in missed if "uri: " not in new] == ["  @@Stag ing: {}", 'schedule: @@"rate(30 day)"']


def test_every_key_of_the_language_is_documented() -> None:
    undocumented = [
        f"{name}.{key}"
        for name, block in json_schema()["$defs"].items()
        if not name.endswith("Overlay")
        for key, schema in block["properties"].items()
        if not schema.get("description") and not any(s.get("description") for s in schemas_of(schema))
    ]
    assert undocumented == []
    assert "serving" in keys_at([])
    assert keys_at(["serving"])[:2] == ["target", "memory"]
    assert schemas_at(["serving", "nothing"]) == []


def schemas_of(schema: dict[str, Any]) -> list[dict[str, Any]]:
    reference = schema.get("$ref") or next((c["$ref"] for c in schema.get("anyOf", []) if "$ref" in c), "")
    return [json_schema()["$defs"][reference.rpartition("/")[2]]] if reference else []
