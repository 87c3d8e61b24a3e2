"""serving.engine: which packages there are to serve with, what training and rollout are told, what is refused."""

from pathlib import Path

import pytest

from mlspec.compiler.graph import Graph
from mlspec.compiler.units.inference_compiled import NEVER, inference_compiled_unit
from mlspec.compiler.vendor import unit_files
from mlspec.specs.diagnostics import SpecError
from mlspec.targets.aws.compile import compile_spec
from tests.aws.specs import MINIMAL, spec
from tests.aws.wire import passed, plain

MLP = MINIMAL.replace("linear_model.LogisticRegression", "neural_network.MLPClassifier")


def with_engine(engine: str, text: str = MINIMAL) -> str:
    return f"{text}serving: {{engine: {engine}}}\n"


def lean(graph: Graph) -> bool:
    """Whether there is a package without ONNX Runtime; the rollout knows it then, and only then."""
    resources = {resource.name for resource in graph.resources}
    variables = plain(graph, graph.resource("rollout").properties["environment"])["variables"]
    assert ("inference-compiled-code" in resources) == ("MLSPEC_COMPILED_BASE_KEY" in variables)
    return "inference-compiled-code" in resources


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MINIMAL, True),
        (with_engine("compiled"), True),
        (with_engine("onnx"), False),
        (MLP, False),
        (with_engine("onnx", MLP), False),
    ],
)
def test_there_is_a_lean_package_where_a_model_may_need_one(tmp_path: Path, text: str, expected: bool) -> None:
    assert lean(passed(spec(tmp_path, text))) == expected


def test_the_lean_package_needs_msgspec_alone(tmp_path: Path) -> None:
    unit = inference_compiled_unit(spec(tmp_path, MINIMAL))
    assert [line.split("==")[0] for line in unit.requirements] == ["msgspec"]
    assert {"handler.py", "contract.py", "mlspec/runtime/compiled_engine.py"} <= unit_files(unit).keys()


@pytest.mark.parametrize("engine", ["auto", "onnx", "compiled"])
def test_training_is_told_the_engine_and_the_target(tmp_path: Path, engine: str) -> None:
    bundle = compile_spec(spec(tmp_path, with_engine(engine)), {})
    settings = bundle.files["code/training/settings.py"].decode()
    assert f'    engine="{engine}",\n    target="lambda",\n' in settings


@pytest.mark.parametrize("estimator", sorted(NEVER))
def test_what_never_compiles_is_refused_where_the_spec_insists(tmp_path: Path, estimator: str) -> None:
    label = "bool" if estimator.endswith(("Classifier", "SVC", "NB")) else "float"
    text = MINIMAL.replace("sklearn.linear_model.LogisticRegression", estimator).replace("bool, role", f"{label}, role")

    with pytest.raises(SpecError) as refused:
        compile_spec(spec(tmp_path, with_engine("compiled", text)), {})

    (found,) = [problem for problem in refused.value.diagnostics if problem.severity == "error"]
    assert (found.code, found.path) == ("ML441", "serving.engine")
    assert found.span is not None
    assert found.span.line == 11
    assert estimator in found.message
