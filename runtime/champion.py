"""Reads the model that serves now from its channel, so that it can be asked about the same rows as the challenger."""

import json
from pathlib import Path
from typing import Any

from mlspec.runtime.contract import Column, Contract, ContractBroken
from mlspec.runtime.onnx_model import OnnxModel


def read_champion(folder: Path, contract: Contract) -> OnnxModel | None:
    """The champion with its own features, whatever the contract's are by now; None where the channel is empty.

    Raises ContractBroken when it answers another question: then there is nothing to compare."""
    description = folder / "model.json"
    if not description.exists():
        return None
    facts = json.loads(description.read_text(encoding="utf-8"))
    classes = tuple(facts["classes"])
    if facts["task"] != contract.task or classes != contract.classes:
        raise ContractBroken(
            f"the champion {facts['release']} answers another question: {_question(facts['task'], classes)}, "
            f"not {_question(contract.task, contract.classes)}"
        )
    features = tuple(_column(feature) for feature in facts["features"])
    return OnnxModel((folder / "model.onnx").read_bytes(), features, classes)


def _column(feature: dict[str, Any]) -> Column:
    return Column(feature["name"], feature["type"], values=tuple(feature.get("values", ())))


def _question(task: str, classes: tuple[bool | str, ...]) -> str:
    return f"{task} of {', '.join(map(str, classes))}" if classes else task
