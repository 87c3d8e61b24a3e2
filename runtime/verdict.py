"""Turns a training job's archive into a release's model in the store, and into the gates' verdict on it."""

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3

from mlspec.runtime import releases
from mlspec.runtime.artifact import ArtifactError, TooLarge, unpack
from mlspec.runtime.gates import Gate, Judgement, as_json, judge
from mlspec.runtime.model_room import Room
from mlspec.runtime.store import Store

_TOLD = 100  # judgements


@dataclass(frozen=True, slots=True)
class _Judged:
    """A model's files, what the gates say of them, and what shall answer; `fault` is why they could not be judged."""

    files: Mapping[str, bytes]
    judgements: tuple[Judgement, ...] = ()
    fault: str = ""
    engine: Mapping[str, Any] = field(default_factory=dict)

    @property
    def refused(self) -> list[str]:
        told = [self.fault] if self.fault else []
        return told + [judgement.reason for judgement in self.judgements if not judgement.passed]


def connect(environment: Mapping[str, str]) -> Store:
    """The store that the function's environment variables name."""
    return Store(boto3.client("s3"), environment["MLSPEC_STORE"], environment.get("MLSPEC_KEY", ""))


def gate(event: Mapping[str, Any], store: Store, gates: tuple[Gate, ...], *, room: Room) -> dict[str, Any]:
    """Unpack, judge, and write down: the model's files, then the verdict, then the release's record."""
    release = event["release"]
    try:
        judged = _judged(_files(store, event["artifact"], room=room), event, gates)
    except ArtifactError as error:
        judged = _Judged({}, fault=str(error))
    for name, content in sorted(judged.files.items()):
        store.write_bytes(releases.model_path(release, name), content)
    verdict = _verdict(release, judged)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in judged.files.items()}
    store.write(releases.verdict_path(release), {**verdict, "files": digests})
    _note(store, event, passed=verdict["passed"], engine=judged.engine)
    return _shortened(verdict)


def _shortened(verdict: dict[str, Any]) -> dict[str, Any]:
    """What fits into the workflow's state (256 KiB in all), failures first; gates.json has everything."""
    gates = sorted(verdict["gates"], key=lambda judgement: judgement["passed"])
    return {**verdict, "gates": gates[:_TOLD], "refused": verdict["refused"][:_TOLD]}


def _note(store: Store, event: Mapping[str, Any], *, passed: bool, engine: Mapping[str, Any]) -> None:
    """The record's first words; a repeated call does not take a release back that has gone further."""
    if releases.record(store, event["release"]).get("status", "trained") in ("trained", "refused"):
        facts = {"job": event["job"], "challenged": event["champion"], "trigger": event.get("trigger", "")}
        facts |= {"engine": engine} if engine else {}
        releases.note(store, event["release"], status="trained" if passed else "refused", **facts)


def _files(store: Store, artifact: str, *, room: Room) -> dict[str, bytes]:
    prefix = f"s3://{store.bucket}/"
    if not artifact.startswith(f"{prefix}jobs/"):
        raise ArtifactError(f"{artifact} is not in the stack's own store")
    with tempfile.TemporaryFile() as file:
        body = store.client.get_object(Bucket=store.bucket, Key=artifact.removeprefix(prefix))
        if body["ContentLength"] > room.size:
            raise ArtifactError(f"model.tar.gz is more than {room.shown}: {room.hint}")
        for chunk in body["Body"].iter_chunks(2**20):
            file.write(chunk)
        file.seek(0)
        try:
            return unpack(file, limit=room.size)
        except TooLarge as error:
            raise ArtifactError(f"{error}: {room.hint}") from error


def _judged(files: Mapping[str, bytes], event: Mapping[str, Any], gates: tuple[Gate, ...]) -> _Judged:
    model, evaluation = _document(files, "model.json"), _document(files, "evaluation.json")
    told = {model.get("release"), evaluation.get("release")}
    if told != {event["release"]}:
        return _Judged(files, fault=f"the archive is of release {sorted(map(str, told))}, not {event['release']}")
    if model.get("onnx_sha256") != hashlib.sha256(files["model.onnx"]).hexdigest():
        return _Judged(files, fault="model.onnx is not the file that model.json describes")
    if model.get("compiled_sha256") != _digest(files.get(releases.COMPILED)):
        return _Judged(files, fault=f"{releases.COMPILED} is not the file that model.json describes")
    if model.get("explainer_sha256") != _digest(files.get(releases.EXPLAINER)):
        return _Judged(files, fault=f"{releases.EXPLAINER} is not the file that model.json describes")
    return _Judged(files, judge(evaluation, gates, champion=event["champion"]), engine=_engine(evaluation))


def _digest(content: bytes | None) -> str | None:
    return None if content is None else hashlib.sha256(content).hexdigest()


def _engine(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """What shall answer, why, and what was measured; by default the one that can answer any model."""
    told = evaluation.get("engines")
    measured = told if isinstance(told, Mapping) else {}
    chosen = {"name": measured.get("chosen", "onnx"), "why": measured.get("why", "no other was measured")}
    return chosen | {name: figures for name, figures in measured.items() if name not in ("chosen", "why")}


def _document(files: Mapping[str, bytes], name: str) -> dict[str, Any]:
    try:
        document = json.loads(files[name])
    except ValueError as error:
        raise ArtifactError(f"{name} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ArtifactError(f"{name} is not a JSON object")
    return document


def _verdict(release: str, judged: _Judged) -> dict[str, Any]:
    refused = judged.refused
    more = f"; and {len(refused) - 10} more" if len(refused) > 10 else ""
    said = f"refused: {'; '.join(refused[:10])}{more}" if refused else f"passed {len(judged.judgements)} judgements"
    return {
        "passed": not refused,
        "release": release,
        "gates": [as_json(judgement) for judgement in judged.judgements],
        "refused": refused,
        "summary": f"Release {release} {said}",
    }
