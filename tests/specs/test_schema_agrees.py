"""The JSON Schema and the models accept and refuse the same documents, over generated ones.

What a schema cannot say, the models refuse and the schema lets pass; this is all of it: keys of a block that do not fit
together, a quantity that is not whole in its base unit, and a percentage above 100%. The other way round there is
nothing: what the schema refuses, the models refuse."""

import json
from typing import Any

import yaml
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator  # type: ignore[import-untyped]
from pydantic import ValidationError

from mlspec.specs.check import with_tuples
from mlspec.specs.models import Spec
from mlspec.specs.schema import json_schema
from tests.specs.conftest import GOOD

TREE: dict[str, Any] = yaml.load(GOOD.replace("{on:", "{'on':"), yaml.SafeLoader)
for composed in ("defaults", "environments"):  # of composition, which no model sees
    del TREE[composed]

WORDS = ["5m", "10%", "101%", "2 GiB", "0.5B", "200 USD", "roc_auc", "data_drift", "champion", "all", "time", "float"]
WORDS += ["a@b.cd", "ml.m5.large", "rate(1 day)", "2027-01-31", "leakage", "label", "x" * 40, "", " 5m ", "5 m", "05m"]
SCALARS = st.none() | st.booleans() | st.integers(-5, 2000) | st.floats(-2, 2, allow_nan=False) | st.sampled_from(WORDS)
KEYS = st.sampled_from(["min", "max", "type", "metric", "signal", "unique", "rows", "by", "when", "values", "nobody"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=5,
)
VALIDATOR = Draft7Validator(json_schema())
UNSAID = {"block", "quantity"}


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, child in items for found in paths_of(child, (*path, key)))]


PATHS = paths_of(TREE)[1:]


def mutated(path: tuple[Any, ...], change: str, value: Any) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(json.dumps(TREE))
    target: Any = tree
    for part in path[:-1]:
        target = target[part]
    if change == "replace":
        target[path[-1]] = value
    elif change == "remove":
        del target[path[-1]]
    elif isinstance(target, dict):
        target[f"{path[-1]}x"] = value
    else:
        target.append(value)
    return tree


def refused_for(tree: dict[str, Any]) -> set[str]:
    """The kinds of error the models find; those that only a look at several keys or at an amount can find, by name."""
    try:
        Spec.model_validate(with_tuples(tree))
    except ValidationError as error:
        return {"quantity" if _amount(one) else one["type"] for one in error.errors(include_url=False)}
    return set()


def _amount(error: Any) -> bool:
    return error["type"] == "quantity" and "units" not in error.get("ctx", {})


def agree(tree: dict[str, Any]) -> None:
    told = refused_for(tree)
    accepted = VALIDATOR.is_valid(tree)
    event(f"schema {'accepts' if accepted else 'refuses'}, models {'refuse' if told else 'accept'}")
    if not accepted:
        assert told, [error.message for error in VALIDATOR.iter_errors(tree)]
    elif told:
        assert told & UNSAID, f"the schema lets pass what the models refuse: {told}"


def test_the_good_tree_is_good() -> None:
    assert VALIDATOR.is_valid(TREE)
    assert not refused_for(TREE)


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(path=st.sampled_from(PATHS), change=st.sampled_from(["replace", "remove", "add"]), value=VALUES)
def test_schema_and_models_agree(path: tuple[Any, ...], change: str, value: Any) -> None:
    agree(mutated(path, change, value))


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(path=st.sampled_from(PATHS), other=st.sampled_from(PATHS))
def test_they_agree_on_a_value_from_elsewhere(path: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    value: Any = TREE
    for part in other:
        value = value[part]
    agree(mutated(path, "replace", value))


def test_every_key_has_a_description_and_every_text_with_a_form_an_example() -> None:
    for name, block in json_schema()["$defs"].items():
        if name.endswith("Overlay"):
            continue
        for key, schema in block["properties"].items():
            forms = [schema, *schema.get("anyOf", [])]
            assert "pattern" not in schema or schema.get("examples"), f"{name}.{key} has a form and no example"
            assert all("examples" in form or "pattern" not in form for form in forms), f"{name}.{key}"
