"""A trained model turned into plain Python too, proven equal, measured beside ONNX Runtime, and one of them chosen."""

import hashlib
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mlspec.runtime.compiled_engine import FILE, CompiledEngine
from mlspec.runtime.compiled_source import compiled_source
from mlspec.runtime.contract import Contract, ContractBroken
from mlspec.runtime.engines import Description, Engine, open_engine
from mlspec.runtime.export import TOLERANCE, edge_rows, unit_of
from mlspec.runtime.onnx_model import OnnxModel
from mlspec.runtime.onnx_operators import CannotCompile
from mlspec.runtime.training_settings import TrainingSettings

if TYPE_CHECKING:
    import numpy as np

ROUNDS, CALLS, BATCH = 5, 200, 64
# A function that starts without NumPy and ONNX Runtime answers its first request some 150 ms sooner. Where one request
# in a thousand meets a start, that is worth 150 microseconds of every request.
WORTH_OF_A_START = 150.0


@dataclass(frozen=True, slots=True)
class Compiled:
    """The source of compiled_model.py, and how far its answers are from the estimator's; or why there is none."""

    source: str = ""
    max_difference: float = 0.0
    refused: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return hashlib.sha256(self.source.encode()).hexdigest()


def compile_model(
    estimator: Any, model: OnnxModel, rows: "np.ndarray", *, settings: TrainingSettings, scale: "float | np.ndarray"
) -> Compiled:
    """The model as plain Python, proven on `rows` and on edge rows made of them (`scale` as in `check_parity`).

    Raises ContractBroken where the spec will have no other engine, and it cannot be."""
    if settings.answer == "embedding":
        return Compiled(refused="an embedding is answered by ONNX Runtime")
    if settings.engine == "onnx":
        return Compiled(refused="the spec says serving.engine: onnx")
    try:
        return _proven(estimator, model, rows, contract=settings.contract, scale=scale)
    except CannotCompile as reason:
        if settings.engine == "compiled":
            raise ContractBroken(f"serving.engine is compiled, and this model cannot be: {reason}") from None
        return Compiled(refused=str(reason))


def _proven(
    estimator: Any, model: OnnxModel, rows: "np.ndarray", *, contract: Contract, scale: "float | np.ndarray"
) -> Compiled:
    import numpy as np

    source = compiled_source(model.onnx, several=len(contract.classes) > 2 or bool(contract.outputs))
    edges = edge_rows(rows, contract)
    matrix = np.concatenate([rows, edges, edges])
    answers = np.array(_answers(source, np.concatenate([rows, edges, _unseen(edges, contract)])))
    judges = {
        "the estimator": estimator.predict_proba if contract.classes else estimator.predict,
        "ONNX": model.predict,
    }
    largest = 0.0
    for name, judge in judges.items():
        expected = np.asarray(judge(matrix), np.float64)
        expected = expected[:, 1] if len(contract.classes) == 2 else expected
        difference = float((np.abs(expected - answers) / unit_of(expected, contract, scale)).max())
        if not difference <= TOLERANCE:
            raise CannotCompile(f"its answers differ from those of {name} by {difference:.3g}")
        largest = max(largest, difference)
    return Compiled(source, largest)


def _unseen(rows: "np.ndarray", contract: Contract) -> "np.ndarray":
    """The rows, each missing category sent as one that was never seen: the answer must be the same."""
    import numpy as np

    categories = np.array([column.type == "category" for column in contract.features])
    return np.where(np.isnan(rows) & categories, np.float32(np.inf), rows)


def _answers(source: str, matrix: "np.ndarray") -> list[Any]:
    """What the engine itself answers; raises CannotCompile where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE).write_text(source, encoding="utf-8")
        try:
            digest = Compiled(source).digest
            engine = CompiledEngine(Path(folder), {"compiled_sha256": digest, "features": [None] * matrix.shape[1]})
            return list(engine.predict(matrix.tobytes()))
        except (ArithmeticError, MemoryError, RecursionError, SyntaxError, ValueError) as error:
            raise CannotCompile(f"as plain Python it fails: {type(error).__name__}: {error}") from None


def weigh_engines(
    folder: Path, description: Description, compiled: Compiled, rows: "np.ndarray", *, settings: TrainingSettings
) -> dict[str, Any]:
    """Both engines on the release in `folder`, timed in turn on `rows`: microseconds of a call with one row, of one
    with 64, bytes of the model; and which one serves, and why."""
    names = ["onnx"] if compiled.refused else ["onnx", "compiled"]
    engines = {name: open_engine(name, folder, description) for name in names}
    figures: dict[str, dict[str, Any]] = {name: {} for name in engines}
    for size, key in ((1, "microseconds"), (BATCH, f"microseconds_{BATCH}")):
        for name, best in _timed(engines, _portions(rows, size), calls=CALLS // size + 1).items():
            figures[name][key] = round(best, 2)
    for name, file in (("onnx", "model.onnx"), ("compiled", FILE)):
        if name in figures:
            figures[name]["bytes"] = (folder / file).stat().st_size
    if compiled.refused:
        figures["compiled"] = {"refused": compiled.refused}
    else:
        figures["compiled"]["max_difference"] = compiled.max_difference
    chosen, why = choose(figures, engine=settings.engine, target=settings.target)
    return {**figures, "chosen": chosen, "why": why}


def choose(
    figures: Mapping[str, Mapping[str, Any]], *, engine: Literal["auto", "onnx", "compiled"], target: str
) -> tuple[str, str]:
    """The engine that serves, and why, in words."""
    if engine != "auto":
        return engine, f"the spec says serving.engine: {engine}"
    onnx, compiled = figures["onnx"], figures["compiled"]
    if "refused" in compiled:
        return "onnx", f"the model cannot be plain Python: {compiled['refused']}"
    if target != "lambda":  # a server answers together what waits together: under load that is what counts
        ours, theirs = compiled[f"microseconds_{BATCH}"], onnx[f"microseconds_{BATCH}"]
        told = f"{ours:.1f} us for {BATCH} rows at once as plain Python, {theirs:.1f} us with ONNX Runtime"
        return ("compiled" if ours <= theirs else "onnx"), told
    ours, theirs = compiled["microseconds"], onnx["microseconds"]
    told = f"{ours:.1f} us a row as plain Python, {theirs:.1f} us with ONNX Runtime"
    if ours <= theirs + WORTH_OF_A_START:
        return "compiled", f"{told}; a function starts without NumPy and ONNX Runtime"
    return "onnx", told


def _portions(rows: "np.ndarray", size: int) -> list[bytes]:
    """Rows as requests of `size` rows: different ones, so that branches are not learned by heart."""
    import numpy as np

    enough = np.resize(rows, (max(CALLS, 4 * size), rows.shape[1])).astype(np.float32)
    return [enough[start : start + size].tobytes() for start in range(0, len(enough) - size + 1, size)]


def _timed(engines: Mapping[str, Engine], portions: list[bytes], *, calls: int) -> dict[str, float]:
    """Microseconds of a call, the best of several rounds in which each engine has its turn."""
    best = dict.fromkeys(engines, float("inf"))
    for _ in range(ROUNDS):
        for name, engine in engines.items():
            best[name] = min(best[name], _microseconds(engine.predict, portions, calls))
    return best


def _microseconds(predict: Callable[[bytes], Any], portions: list[bytes], calls: int) -> float:
    started = time.perf_counter()
    for at in range(calls):
        predict(portions[at % len(portions)])
    return (time.perf_counter() - started) / calls * 1e6
