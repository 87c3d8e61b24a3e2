"""Reads the model that serves now from its channel, so that it can be asked about the same rows as the challenger."""

import hashlib
import json
from pathlib import Path
from typing import Any

from mlspec.runtime.contract import Column, Contract, ContractBroken
from mlspec.runtime.onnx_model import OnnxModel


def read_champion(folder: Path, release: str, contract: Contract) -> OnnxModel | None:
    """The champion with its own features, whatever the contract's are by now; None where there is no `release` yet.

    Raises ContractBroken when the channel does not hold it, or it answers another question: a challenger that is
    compared with nothing would pass every gate that compares."""
    if not release:
        return None
    facts = _description(folder, release)
    classes, outputs = tuple(facts["classes"]), tuple(facts.get("outputs", ()))
    asked, wanted = (facts["task"], classes, outputs), (contract.task, contract.classes, contract.outputs)
    if asked != wanted:
        raise ContractBroken(
            f"the champion {facts['release']} answers another question: {_question(*asked)}, not {_question(*wanted)}"
        )
    features = tuple(_column(feature) for feature in facts["features"])
    return OnnxModel(_model(folder, facts), features, classes, outputs)


def _description(folder: Path, release: str) -> dict[str, Any]:
    path = folder / "model.json"
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if facts.get("release") != release:
        raise ContractBroken(f"the champion channel holds {facts.get('release', 'nothing')}, not {release}")
    return facts


def _model(folder: Path, facts: dict[str, Any]) -> bytes:
    onnx = (folder / "model.onnx").read_bytes()
    if hashlib.sha256(onnx).hexdigest() != facts["onnx_sha256"]:
        raise ContractBroken(f"the champion {facts['release']} is not the model that its model.json describes")
    return onnx


def _column(feature: dict[str, Any]) -> Column:
    return Column(feature["name"], feature["type"], values=tuple(feature.get("values", ())), part=feature.get("part"))


def _question(task: str, classes: tuple[bool | str, ...], outputs: tuple[str, ...]) -> str:
    named = ", ".join(map(str, classes or outputs))
    return f"{task} of {named}" if named else task
