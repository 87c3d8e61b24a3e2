"""The generated module: good Python for any columns, the same bytes each time, and each column's place in the spec."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlspec.compiler.graph import Unit
from mlspec.compiler.units.inference import inference_unit
from mlspec.compiler.vendor import unit_files
from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import SpecError
from mlspec.specs.models import Column, Spec
from mlspec.specs.origins import Origins

ROOT = Path(__file__).parents[2]
NAMES = ["class", "float", "Any", "r", "field", "column1", "_x", "two words", "quo'te", "é", "Record", "inf"]

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def checked_with(columns: dict[str, Column]) -> Checked:
    data = {"source": {"uri": "s3://lake/x/"}, "columns": {**columns, "y": Column(type="bool", role="label")}}
    spec = {"apiVersion": "mlspec/v1", "name": "odd", "owner": "a@b.cc", "training": {"estimator": {}}, "data": data}
    return Checked(Spec.model_validate(spec), Origins())


def contract_of(unit: Unit) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "contract"}
    exec(compile(unit.files["contract.py"], "contract.py", "exec"), namespace)
    return namespace


@pytest.fixture
def flights() -> Checked:
    from mlspec.specs.load import load_spec

    return load_spec(ROOT / "examples" / "flight-delay" / "flight-delay.yaml")


def test_the_same_spec_gives_the_same_bytes(flights: Checked) -> None:
    assert inference_unit(flights) == inference_unit(flights)


def test_every_column_says_which_line_asked_for_it(flights: Checked) -> None:
    lines = inference_unit(flights).files["contract.py"].decode().splitlines()

    for name in flights.spec.data.columns:
        at = next(number for number, line in enumerate(lines) if line.startswith(f"    {name}: "))
        assert lines[at - 1].strip() == f"# {flights.origins.of(f'data.columns.{name}')}"


@pytest.mark.parametrize("case", ["flights", "odd"])
def test_generated_code_passes_ruff_and_mypy(case: str, flights: Checked, tmp_path: Path) -> None:
    odd = {name: Column(type="category", values=("a", "é"), nullable=True) for name in NAMES}
    checked = flights if case == "flights" else checked_with(odd)
    for path, content in unit_files(inference_unit(checked)).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    rules = str(ROOT / "pyproject.toml")

    def passes(tool: str, *arguments: str) -> None:
        command = [sys.executable, "-m", tool, *arguments, "handler.py", "contract.py"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    passes("ruff", "check", "--no-cache", "--config", rules)
    passes("ruff", "format", "--no-cache", "--check", "--config", rules)
    passes("mypy", "--config-file", rules, "--cache-dir", str(tmp_path / "cache"))


def test_any_column_name_is_served() -> None:
    contract = contract_of(inference_unit(checked_with({name: Column(type="float") for name in NAMES})))
    row = {name: float(number) for number, name in enumerate(NAMES)}

    request = contract["decode"](json.dumps({"records": [row]}).encode())

    assert list(contract["FEATURES"]) == NAMES
    assert memoryview(contract["assemble"](request.records)).cast("f").tolist() == list(row.values())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    columns=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\'), min_size=1, max_size=8),
        st.builds(Column, type=st.sampled_from(["float", "int", "bool"]), nullable=st.booleans())
        | st.builds(
            Column,
            type=st.just("category"),
            values=st.lists(TEXT, min_size=1, max_size=4, unique=True).map(tuple),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_contract_compiles_and_keeps_its_features(columns: dict[str, Column]) -> None:
    checked = checked_with(
        {name: column for name, column in columns.items() if name != "y"} or {"z": Column(type="int")}
    )

    features = contract_of(inference_unit(checked))["FEATURES"]

    assert features == {name: column.values for name, column in checked.spec.features.items()}


@pytest.mark.parametrize("name", ['quo"te', "back\\slash", "new\nline"])
def test_a_name_that_json_must_escape_is_refused(name: str) -> None:
    with pytest.raises(SpecError) as refused:
        inference_unit(checked_with({name: Column(type="int")}))

    assert [diagnostic.code for diagnostic in refused.value.diagnostics] == ["ML420"]


def test_a_unit_ships_what_it_runs_and_no_more(check_spec: Callable[[str], Checked], flights: Checked) -> None:
    files = unit_files(inference_unit(flights))

    assert {"handler.py", "contract.py", "requirements.txt", "mlspec/runtime/serving.py"} <= files.keys()
    assert not {"mlspec/runtime/monitor.py", "mlspec/runtime/train.py"} & files.keys()
    assert [line.split("==")[0] for line in files["requirements.txt"].decode().splitlines()] == [
        "msgspec",
        "numpy",
        "onnxruntime",
    ]


@pytest.mark.parametrize(
    ("column", "accepted", "refused"),
    [
        (Column(type="int", min=0.5, max=2.5), [1, 2], [0, 3, 1.0]),
        (Column(type="int"), [-(2**63), 2**63 - 1], [2**63, -(2**63) - 1]),
        (Column(type="float"), [0, -3.4e38, 3.4e38], [3.5e38, -3.5e38]),
        (Column(type="float", max=1e300), [3.4e38], [3.5e38]),
        (Column(type="float", min=-1), [-1, 3.4e38], [-1.0000001, 3.5e38]),
    ],
)
def test_bounds_are_the_specs_or_what_the_matrix_can_hold(
    column: Column, accepted: list[float], refused: list[float]
) -> None:
    contract = contract_of(inference_unit(checked_with({"x": column})))

    def fits(value: float) -> bool:
        try:
            contract["assemble"](contract["decode"](json.dumps({"records": [{"x": value}]}).encode()).records)
        except msgspec.ValidationError:
            return False
        return True

    assert [fits(value) for value in accepted] == [True] * len(accepted)
    assert [fits(value) for value in refused] == [False] * len(refused)
