"""Which engine serves: by the spec's word, by what is possible, by what was measured, by where it runs."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mlspec.runtime import engine_choice
from mlspec.runtime.contract import ContractBroken
from mlspec.runtime.engine_choice import choose, compile_model
from mlspec.runtime.onnx_model import OnnxModel
from mlspec.runtime.onnx_operators import CannotCompile
from tests.engines.models import matrix, trained
from tests.training.tables import SETTINGS

TREES = "sklearn.ensemble.HistGradientBoostingClassifier"


def figures(compiled: float | str, onnx: float = 20.0) -> dict[str, Any]:
    """ONNX Runtime takes twice as long for 64 rows as for one, plain Python 64 times."""
    python: dict[str, Any] = {"refused": compiled}
    if not isinstance(compiled, str):
        python = {"microseconds": compiled, "microseconds_64": 64 * compiled}
    return {"onnx": {"microseconds": onnx, "microseconds_64": 2 * onnx}, "compiled": python}


@pytest.mark.parametrize(
    ("compiled", "engine", "target", "chosen"),
    [
        (9.0, "auto", "lambda", "compiled"),
        (0.5, "auto", "container", "compiled"),
        (9.0, "auto", "container", "onnx"),
        (60.0, "auto", "lambda", "compiled"),
        (171.0, "auto", "lambda", "onnx"),
        ("too large", "auto", "lambda", "onnx"),
        (900.0, "compiled", "lambda", "compiled"),
        (9.0, "onnx", "lambda", "onnx"),
    ],
)
def test_the_choice(compiled: float | str, engine: Any, target: str, chosen: str) -> None:
    name, why = choose(figures(compiled), engine=engine, target=target)

    assert name == chosen
    assert (f"serving.engine: {engine}" in why) == (engine != "auto")
    assert ("too large" in why) == (compiled == "too large")


def compiled(*, off: float = 0.0, onnx_off: float = 0.0, **changes: Any) -> Any:
    """What becomes of a trained model, whose estimator, or ONNX, answers that much more than it does."""
    model = trained(TREES, "binary")

    class Estimator:
        def predict_proba(self, rows: Any) -> Any:
            return model.estimator.predict_proba(rows) + off

    class Exported(OnnxModel):
        def predict(self, rows: Any) -> Any:
            return super().predict(rows) + onnx_off

    settings = replace(SETTINGS, contract=model.contract, **changes)
    exported = Exported(model.onnx, model.contract.features, model.contract.classes)
    return compile_model(Estimator(), exported, matrix(300, seed=3), settings=settings, scale=1.0)


def test_what_was_compiled_is_proven_on_rows_edges_and_unseen_categories() -> None:
    made = compiled()

    assert made.source.startswith('"""The model as plain Python')
    assert made.max_difference <= 1e-5
    assert not made.refused


def test_answers_that_differ_are_no_engine() -> None:
    assert compiled(off=2e-5).refused.startswith("its answers differ from those of the estimator by 2")
    with pytest.raises(ContractBroken, match=r"serving\.engine is compiled, and this model cannot be: its answers"):
        compiled(off=2e-5, engine="compiled")


def test_answers_that_differ_from_onnx_are_no_engine() -> None:
    assert compiled(onnx_off=-1e-4).refused.startswith("its answers differ from those of ONNX by 0.0001")


@pytest.mark.parametrize("broken", ["raise ValueError('no')", "this is no Python", "predict = lambda rows: 1 / 0"])
def test_source_that_fails_is_refused(broken: str) -> None:
    with pytest.raises(CannotCompile, match=r"^as plain Python it fails: "):
        engine_choice._answers(broken, matrix(50, seed=1))


def test_portions_are_different_rows() -> None:
    portions = engine_choice._portions(matrix(50, seed=1), 4)

    assert len(set(portions)) > 20
    assert {len(portion) for portion in portions} == {4 * 4 * matrix(1, seed=1).shape[1]}
    assert np.frombuffer(portions[0], np.float32).size == 24
