"""The training job: data in the channels of a SageMaker container become a model, its profile and its evaluation."""

import json
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlspec.runtime.champion import read_champion
from mlspec.runtime.compiled_engine import FILE
from mlspec.runtime.contract import Check, ContractBroken
from mlspec.runtime.contract_checks import check_new_rows, check_rows, require
from mlspec.runtime.dataset import parse_now, read_rows
from mlspec.runtime.engine_choice import compile_model, weigh_engines
from mlspec.runtime.explain_trees import CannotExplain
from mlspec.runtime.explainer import FILE as EXPLAINER
from mlspec.runtime.explanations import explainer_source
from mlspec.runtime.export import check_parity, export_model
from mlspec.runtime.leakage import check_leakage
from mlspec.runtime.matrix import feature_matrix, target_vector
from mlspec.runtime.onnx_model import OnnxModel
from mlspec.runtime.splits import Parts, split_rows
from mlspec.runtime.train import fit_model
from mlspec.runtime.training_documents import Learned, description_of, evaluation_of, profile_of
from mlspec.runtime.training_order import Order
from mlspec.runtime.training_settings import TrainingSettings

if TYPE_CHECKING:
    import numpy as np
    import polars as pl


def run(settings: TrainingSettings, base: Path) -> int:
    """Train and write `model/` under `base`; 0, or 1 with `output/failure` written."""
    try:
        train(Order.read(settings, base))
    except ContractBroken as broken:
        _write_failure(base, str(broken), broken.checks)
        print(broken, file=sys.stderr)
        return 1
    except Exception as error:
        _write_failure(base, f"{type(error).__name__}: {error}", ())
        traceback.print_exc()
        return 1
    return 0


def train(order: Order) -> None:
    """The job from top to bottom."""
    contract = order.settings.contract
    champion = read_champion(order.base / "input/data/champion", order.champion, contract)
    rows, checks = _checked_rows(order, champion)
    _say(f"{rows.height} rows keep their contract")
    _import_scikit_learn()
    checks = _without_leakage(order, rows, checks)
    learned = _learn(order, rows)
    _say(f"trained on {len(learned.parts.train)} rows; ONNX differs by {learned.parity.max_difference:.1e} at most")
    importance, profile = profile_of(order, learned)
    _say("profiled")
    evaluation = evaluation_of(order, learned, champion, checks=checks)
    _say(f"evaluated on {len(learned.parts.test)} rows; {_told(evaluation['metrics'])}")
    folder = order.base / "model"
    folder.mkdir(parents=True, exist_ok=True)
    description = description_of(order, learned, importance)
    (folder / "model.onnx").write_bytes(learned.model.onnx)
    if not learned.compiled.refused:
        (folder / FILE).write_text(learned.compiled.source, encoding="utf-8")
    if learned.explainer:
        (folder / EXPLAINER).write_bytes(learned.explainer)
    rows = learned.matrix[learned.parts.test]
    engines = weigh_engines(folder, description, learned.compiled, rows, settings=order.settings)
    _say(f"engine: {engines['chosen']}; {engines['why']}")
    _write(folder / "model.json", description)
    _write(folder / "profile.json", profile)
    _write(folder / "evaluation.json", {**evaluation, "engines": engines})


def _told(metrics: Mapping[str, Mapping[str, float | None] | None]) -> str:
    """What evaluation.json has of the challenger and the champion, for people who read logs."""
    shown = {
        who: [f"{n} {v:.4g}" for n, v in found.items() if v is not None] for who, found in metrics.items() if found
    }
    return "; ".join(f"{who}: {', '.join(values)}" for who, values in shown.items())


def _checked_rows(order: Order, champion: OnnxModel | None) -> tuple["pl.DataFrame", tuple[Check, ...]]:
    """The rows, once they keep the contract, and the checks that say so."""
    contract = order.settings.contract
    wanted = list(dict.fromkeys(column.source for column in champion.features)) if champion else []
    rows = read_rows(order.base / "input/data/data", order.settings, now=order.now, extra=wanted)
    checks = check_rows(rows, contract)
    require(checks)
    if order.min_new_rows and contract.time:
        checks = (
            *checks,
            check_new_rows(rows, contract.time, since=parse_now(order.newer_than), least=order.min_new_rows),
        )
        require(checks)
    gone = [name for name in wanted if name not in rows.columns]
    if gone:
        detail = f"the champion reads columns the data no longer have, as null: {', '.join(gone)}"
        checks = (*checks, Check("champion columns", True, detail))
    return rows, checks


def _without_leakage(order: Order, rows: "pl.DataFrame", checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """The checks, and those for leakage where the contract asks for them."""
    contract = order.settings.contract
    if not contract.leakage:
        return checks
    matrix, target = feature_matrix(rows, contract.features), target_vector(rows, contract)
    checks = (*checks, *check_leakage(matrix, target, contract, seed=order.settings.seed))
    require(checks)
    return checks


def _learn(order: Order, rows: "pl.DataFrame") -> Learned:
    contract = order.settings.contract
    times = rows[contract.time.name].dt.epoch("us").to_numpy() if contract.time else None
    parts = split_rows(rows.height, order.settings.split, seed=order.settings.seed, times=times)
    matrix, target = feature_matrix(rows, contract.features), target_vector(rows, contract)
    fitted = fit_model(order.settings, matrix, target, parts=parts)
    _say("fitted")
    model = export_model(fitted, contract)
    spread = target[parts.train].std(axis=0) if contract.task == "regression" else 1.0
    parity = check_parity(fitted, model, matrix[parts.test], contract=contract, scale=spread)
    compiled = compile_model(fitted, model, matrix[parts.test], settings=order.settings, scale=spread)
    explainer = _explained(order, fitted, model, matrix, parts) if order.settings.explain else b""
    return Learned(rows, parts, matrix, target, model, parity, compiled, explainer)


def _explained(order: Order, fitted: Any, model: OnnxModel, matrix: "np.ndarray", parts: Parts) -> bytes:
    """explainer.json; raises ContractBroken where the spec asks for what this model cannot give."""
    try:
        return explainer_source(
            fitted,
            order.settings.estimator,
            model,
            contract=order.settings.contract,
            trained=matrix[parts.train],
            rows=matrix[parts.test],
        )
    except CannotExplain as reason:
        raise ContractBroken(f"serving.explain is shap, and this model cannot be explained: {reason}") from None


def _import_scikit_learn() -> None:
    """Without pandas, which it loads for a second where it is installed, and which nothing here uses."""
    hidden = "pandas" not in sys.modules
    if hidden:
        sys.modules["pandas"] = None  # type: ignore[assignment]
    import sklearn.utils  # noqa: F401

    if hidden:
        del sys.modules["pandas"]


def _write_failure(base: Path, text: str, checks: tuple[Check, ...]) -> None:
    """What SageMaker shows as the job's failure reason, and every check made so far beside it."""
    (base / "output/data").mkdir(parents=True, exist_ok=True)
    (base / "output/failure").write_text(text, encoding="utf-8")
    _write(base / "output/data/evaluation.json", {"format": 1, "checks": [asdict(check) for check in checks]})


def _write(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def _say(text: str) -> None:
    print(f"{time.process_time():6.1f} s  {text}", flush=True)
