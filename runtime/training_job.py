"""The training job: data in the channels of a SageMaker container become a model, its profile and its evaluation."""

import hashlib
import json
import sys
import time
import traceback
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlspec.runtime.champion import read_champion
from mlspec.runtime.contract import Check, Contract, ContractBroken
from mlspec.runtime.contract_checks import check_new_rows, check_rows, require
from mlspec.runtime.dataset import parse_now, read_rows
from mlspec.runtime.evaluate import evaluate
from mlspec.runtime.export import Parity, check_parity, export_model
from mlspec.runtime.importance import permutation_importance
from mlspec.runtime.leakage import check_leakage
from mlspec.runtime.matrix import feature_matrix, target_vector
from mlspec.runtime.onnx_model import OnnxModel
from mlspec.runtime.profiles import make_profile
from mlspec.runtime.splits import Parts, split_rows
from mlspec.runtime.train import fit_model
from mlspec.runtime.training_settings import TrainingSettings

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

LIBRARIES = ("numpy", "scikit-learn", "skl2onnx", "onnx", "onnxruntime", "polars")


@dataclass(frozen=True)
class Job:
    """Where a job finds what it needs, and what it was told."""

    settings: TrainingSettings
    base: Path
    release: str
    champion: str
    now: datetime
    min_new_rows: int = 0
    newer_than: str = ""

    @classmethod
    def told(cls, settings: TrainingSettings, base: Path) -> "Job":
        """The job that `base` asks for; hyperparameters are text, as SageMaker passes them."""
        told = json.loads((base / "input/config/hyperparameters.json").read_text(encoding="utf-8"))
        return cls(
            settings,
            base,
            told["release"],
            told.get("champion", ""),
            parse_now(told["now"]),
            int(told.get("min_new_rows", 0)),
            told.get("newer_than", ""),
        )


@dataclass(frozen=True)
class Learned:
    """The rows and how they were divided, and the model made of them."""

    rows: "pl.DataFrame"
    parts: Parts
    matrix: "np.ndarray"
    target: "np.ndarray"
    model: OnnxModel
    parity: Parity


def run(settings: TrainingSettings, base: Path) -> int:
    """Train and write `model/` under `base`; 0, or 1 with `output/failure` written."""
    _import_scikit_learn()
    try:
        train(Job.told(settings, base))
    except ContractBroken as broken:
        _write_failure(base, str(broken), broken.checks)
        print(broken, file=sys.stderr)
        return 1
    except Exception as error:
        _write_failure(base, f"{type(error).__name__}: {error}", ())
        traceback.print_exc()
        return 1
    return 0


def train(job: Job) -> None:
    """The job from top to bottom."""
    contract = job.settings.contract
    champion = read_champion(job.base / "input/data/champion", job.champion, contract)
    rows, checks = _checked_rows(job, champion)
    _say(f"{rows.height} rows keep their contract")
    learned = _learn(job, rows)
    _say(f"trained on {len(learned.parts.train)} rows; ONNX differs by {learned.parity.max_difference:.1e} at most")
    importance, profile = _profile(job, learned)
    _say("profiled")
    evaluation = _evaluation(job, learned, champion, checks=checks)
    _say(f"evaluated on {len(learned.parts.test)} rows: {json.dumps(evaluation['metrics'])}")
    folder = job.base / "model"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(learned.model.onnx)
    _write(folder / "model.json", _description(job, learned.model, importance))
    _write(folder / "profile.json", profile)
    _write(folder / "evaluation.json", evaluation)


def _checked_rows(job: Job, champion: OnnxModel | None) -> tuple["pl.DataFrame", tuple[Check, ...]]:
    """The rows, once they keep the contract, leakage included, and the checks that say so."""
    contract = job.settings.contract
    wanted = [column.name for column in champion.features] if champion else []
    rows = read_rows(job.base / "input/data/data", job.settings, now=job.now, extra=wanted)
    checks = check_rows(rows, contract)
    require(checks)
    if job.min_new_rows and contract.time:
        checks = (*checks, check_new_rows(rows, contract.time, since=parse_now(job.newer_than), least=job.min_new_rows))
        require(checks)
    if contract.leakage:
        matrix, target = feature_matrix(rows, contract.features), target_vector(rows, contract)
        checks = (*checks, *check_leakage(matrix, target, contract, seed=job.settings.seed))
        require(checks)
    gone = [name for name in wanted if name not in rows.columns]
    if gone:
        detail = f"the champion reads columns the data no longer have, as null: {', '.join(gone)}"
        checks = (*checks, Check("champion columns", True, detail))
    return rows, checks


def _learn(job: Job, rows: "pl.DataFrame") -> Learned:
    contract = job.settings.contract
    times = rows[contract.time.name].dt.epoch("us").to_numpy() if contract.time else None
    parts = split_rows(rows.height, job.settings.split, seed=job.settings.seed, times=times)
    matrix, target = feature_matrix(rows, contract.features), target_vector(rows, contract)
    fitted = fit_model(job.settings, matrix, target, parts=parts)
    _say("fitted")
    model = export_model(fitted, contract)
    spread = float(target[parts.train].std()) if contract.task == "regression" else 1.0
    parity = check_parity(fitted, model, matrix[parts.test], contract=contract, scale=spread)
    return Learned(rows, parts, matrix, target, model, parity)


def _profile(job: Job, learned: Learned) -> tuple[dict[str, float], dict[str, Any]]:
    """How important each feature is, most important first, and the reference of drift: both of the training rows."""
    contract, train = job.settings.contract, learned.parts.train
    matrix, target = learned.matrix[train], learned.target[train]
    importance = permutation_importance(learned.model, matrix, target, task=contract.task, seed=job.settings.seed)
    nulls = learned.rows[train].select(c.name for c in contract.features).null_count().row(0, named=True)
    return importance, make_profile(learned.model, matrix, nulls=nulls, importance=importance)


def _evaluation(job: Job, learned: Learned, champion: OnnxModel | None, *, checks: tuple[Check, ...]) -> dict[str, Any]:
    contract, parts = job.settings.contract, learned.parts
    judged = evaluate(learned.rows[parts.test], {"challenger": learned.model, "champion": champion}, job.settings)
    return {
        "format": 1,
        "release": job.release,
        "task": contract.task,
        "rows": {"train": len(parts.train), "validation": len(parts.validation), "test": len(parts.test)},
        "window": _window(learned, contract),
        "checks": [asdict(check) for check in checks],
        **judged,
        "parity": asdict(learned.parity),
    }


def _window(learned: Learned, contract: Contract) -> dict[str, str | None]:
    """First and last time of all rows, and the first of the test rows; null without a time column."""
    if contract.time is None:
        return {"start": None, "end": None, "test_start": None}
    times = learned.rows[contract.time.name]
    ends = {"start": times.min(), "end": times.max(), "test_start": times[learned.parts.test].min()}
    return {name: end.isoformat() for name, end in ends.items() if isinstance(end, datetime)}


def _description(job: Job, model: OnnxModel, importance: dict[str, float]) -> dict[str, Any]:
    features = [{"name": c.name, "type": c.type, **({"values": c.values} if c.values else {})} for c in model.features]
    return {
        "format": 1,
        "release": job.release,
        "task": job.settings.contract.task,
        "features": features,
        "classes": model.classes,
        "output": "probability" if model.classes else "value",
        "onnx_sha256": hashlib.sha256(model.onnx).hexdigest(),
        "importance": importance,
        "versions": {library: version(library) for library in LIBRARIES},
    }


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
