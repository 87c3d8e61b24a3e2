"""Turns a plan into a sealed file and back, and says when what it was made from has moved."""

import hashlib
import json
from dataclasses import asdict
from typing import Any

from mlspec.compiler.bundle import Bundle
from mlspec.compiler.plan.model import Change, Meaning, Plan, Step, Where
from mlspec.compiler.state import State
from mlspec.specs.diagnostics import Diagnostic, Severity, SpecError

FORMAT = 1


def plan_document(plan: Plan) -> dict[str, Any]:
    """The plan as plain JSON values, with its counts."""
    plain = asdict(plan)
    plain["refusals"] = [
        {"code": refusal.code, "message": refusal.message, "hint": refusal.hint, "severity": str(refusal.severity)}
        for refusal in plan.refusals
    ]
    return {"format": FORMAT, "counts": dict(plan.counts), **plain}


def seal(plan: Plan) -> bytes:
    """The plan as a file that shows when it was cut short or edited."""
    body = plan_document(plan)
    return _text({**body, "checksum": hashlib.sha256(_text(body)).hexdigest()})


def unseal(content: bytes) -> Plan:
    """The plan of a sealed file; raises SpecError."""
    try:
        document = json.loads(content)
        checksum = document.pop("checksum")
        whole = hashlib.sha256(_text(document)).hexdigest() == checksum
    except (ValueError, KeyError, AttributeError, TypeError):
        whole = False
    if not whole or document["format"] != FORMAT:
        hint = "make it again: mlspec plan --out FILE"
        raise SpecError(
            [Diagnostic("ML521", "the plan was cut short, edited, or written by another mlspec", hint=hint)]
        )
    return _plan(document)


def stale(plan: Plan, bundle: Bundle | None, state: State | None, *, where: Where | None = None) -> Diagnostic | None:
    """What has moved since the plan was made. `bundle` is None for a plan that destroys; `where` is the cloud meant."""
    recorded = Where(state.target, state.cloud, state.account, state.region) if state else plan.where
    now = where or recorded
    serial, lineage = (state.serial, state.lineage) if state else (0, "")
    moved = {
        "the bundle: the spec, or mlspec itself, is another now": plan.bundle != (bundle.digest if bundle else ""),
        f"the state: it is at {serial}, and was at {plan.serial}": plan.serial != serial,
        "the state: it is another stack's history": plan.lineage != lineage,
        "the cloud: target, account or region are others": plan.where not in (now, Where()),
    }
    reasons = [reason for reason, differs in moved.items() if differs]
    if not reasons:
        return None
    return Diagnostic("ML522", f"the plan is stale: {'; '.join(reasons)}", hint="plan again, and review what it says")


def _plan(document: dict[str, Any]) -> Plan:
    steps = tuple(_step(step) for step in document["steps"])
    refusals = tuple(
        Diagnostic(held["code"], held["message"], hint=held["hint"], severity=Severity(held["severity"]))
        for held in document["refusals"]
    )
    plain = {name: document[name] for name in ("stack", "bundle", "serial", "lineage")}
    meanings = tuple(Meaning(**meaning) for meaning in document["meanings"])
    return Plan(**plain, where=Where(**document["where"]), steps=steps, meanings=meanings, refusals=refusals)


def _step(document: dict[str, Any]) -> Step:
    return Step(**{**document, "changes": tuple(Change(**change) for change in document["changes"])})


def _text(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()
