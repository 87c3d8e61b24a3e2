"""Every key of the language has an example on its page, and each example compiles, or is what no target can do yet."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from mlspec.specs.diagnostics import Severity, SpecError
from mlspec.specs.examples import base, example_of, schema_with_examples, value_in, written
from mlspec.specs.layers import merged
from mlspec.specs.load import load_spec
from mlspec.specs.reference import language_page
from mlspec.specs.schema import json_schema, place_of
from mlspec.specs.yaml_nodes import parse_yaml, plain
from mlspec.targets.aws.compile import compile_spec

NOT_BUILT = {"ML401"}


def keys() -> list[tuple[str, str, dict[str, Any], tuple[str, ...] | None]]:
    schema = json_schema()
    blocks = {"Spec": schema, **{name: b for name, b in schema["$defs"].items() if not name.endswith("Overlay")}}
    return [
        (name, key, field, () if name == "Spec" else place_of(name))
        for name, block in blocks.items()
        for key, field in block.get("properties", {}).items()
    ]


KEYS = keys()


def laid_over_base(text: str) -> str:
    """The base with the example laid over it, as JSON, which is YAML."""
    trees = [plain(parse_yaml(one, "spec.yaml")[0]) for one in (base(), text)]
    return json.dumps(merged(*trees))


def compile_text(text: str, folder: Path) -> None:
    path = folder / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    assert compile_spec(load_spec(path), {}).files


@pytest.mark.parametrize(("block", "key", "schema", "place"), KEYS, ids=[f"{key[0]}.{key[1]}" for key in KEYS])
def test_the_example_of_a_key_compiles(
    tmp_path: Path, block: str, key: str, schema: dict[str, Any], place: tuple[str, ...] | None
) -> None:
    example = example_of(block, key, schema, place)
    assert example, f"give {block}.{key} an example in specs/examples.toml, or examples=[...] in models.py"
    assert list(value_in(example, key)), "the example shows the key"
    try:
        compile_text(laid_over_base(example), tmp_path)
    except SpecError as error:
        told = [(one.code, one.message) for one in error.diagnostics if one.severity is Severity.ERROR]
        assert {code for code, _ in told} <= NOT_BUILT, (example, told)


def test_the_base_compiles(tmp_path: Path) -> None:
    compile_text(base(), tmp_path)


def test_no_example_is_of_a_key_that_is_gone() -> None:
    known = {(block, key) for block, key, *_ in KEYS}
    assert {(block, key) for block, examples in written().items() for key in examples} <= known


def test_a_key_without_an_example_of_its_own_takes_the_models() -> None:
    assert example_of("New", "key", {"examples": ["a"]}, ("serving",)) == 'serving: {key: "a"}'
    assert example_of("New", "key", {"anyOf": [{"type": "null"}, {"examples": ["10m"]}]}, ()) == 'key: "10m"'
    assert example_of("New", "key", {"type": "string"}, ()) == ""


def test_the_page_shows_every_example() -> None:
    page = language_page()
    for block, key, schema, place in KEYS:
        assert f"`{example_of(block, key, schema, place)}`".replace("|", "\\|") in page, f"{block}.{key}"


def test_editors_are_given_an_example_of_every_key_that_its_own_schema_accepts() -> None:
    schema = schema_with_examples()
    for name, block in {"Spec": schema, **schema["$defs"]}.items():
        for key, field in block.get("properties", {}).items():
            if name.startswith("Overlay"):
                continue
            assert field["examples"], f"{name}.{key}"
            judge = Draft7Validator({**field, "$defs": schema["$defs"]})
            if not name.endswith("Overlay") and key not in (
                "data",
                "training",
                "columns",
            ):  # their examples are overlays
                assert [error.message for one in field["examples"] for error in judge.iter_errors(one)] == []
