"""Decides, for each resource a program registers, what is done to it, does it, and records it."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from mlspec.specs.diagnostics import Diagnostic
from mlspec.targets.local.engine.events import Event, Progress
from mlspec.targets.local.engine.failures import failure
from mlspec.targets.local.engine.ignoring import keep_ignored, steps_of
from mlspec.targets.local.engine.ledger import Ledger, Record
from mlspec.targets.local.engine.providers.contract import Cloud, Existing, Made, Provider, Refused, Site, absent
from mlspec.targets.local.engine.request import Answer, Request
from mlspec.targets.local.engine.wire import recorded, revealed, secrets_in

Decision = Literal["create", "recover", "keep", "check", "update", "replace"]


class Stopped(Exception):
    """Something failed: nothing new is started."""


class Deployment:
    """One apply. `register` is called from several threads, for a resource only when all it depends on is there."""

    def __init__(
        self, cloud: Cloud, ledger: Ledger, *, declared: Mapping[str, Any], providers: Mapping[str, Provider],
        progress: Progress, salt: str, packages: Path | None = None,
    ) -> None:  # fmt: skip
        self.diagnostics: list[Diagnostic] = []
        self.touched: set[str] = set()
        self.registered: set[str] = set()
        self._cloud, self._ledger, self._declared = cloud, ledger, declared
        self._providers, self._progress, self._salt, self._packages = providers, progress, salt, packages
        self._replaced: set[str] = set()
        self._stopped = threading.Event()

    @property
    def failed(self) -> bool:
        """Whether anything went wrong."""
        return bool(self.diagnostics)

    def stop(self) -> None:
        """Start nothing new."""
        self._stopped.set()

    def register(self, request: Request) -> Answer:
        """Make, change or keep one resource; raises Stopped, or what its provider raised."""
        if self._stopped.is_set():
            raise Stopped
        decision: Decision = "create"
        try:
            record, decision, request = self._prepared(request)
            return self._carry_out(decision, record, request)
        except Exception as error:
            self.stop()
            entry = self._record(request, inputs={})
            doing = "create" if decision in ("recover", "check") else decision
            self.diagnostics.append(failure(error, entry, doing=doing, secrets=secrets_in(request.inputs)))
            self._progress(Event("fail", request.name, request.type, self.diagnostics[-1].message))
            raise

    def _prepared(self, request: Request) -> tuple[Record, Decision, Request]:
        """The record that is to be, what has to be done for it, and the request with ignored changes taken back."""
        if request.type not in self._providers:
            raise Refused(f"the local target does not know {request.type}", "deploy this stack to AWS")
        old = self._ledger.get(request.name)
        wanted = recorded(request.inputs, self._salt)
        if old is not None:
            wanted = keep_ignored(wanted, old["inputs"], request.ignore_changes)
        record = self._record(request, inputs=wanted)
        return record, self._decide(old, record, request), request

    def _record(self, request: Request, *, inputs: dict[str, Any]) -> Record:
        return {
            "type": request.type,
            "name": request.name,
            "urn": request.urn,
            "id": "",
            "inputs": inputs,
            "outputs": {},
            "dependencies": list(request.dependencies),
            "options": request.options,
            "declared": self._declared.get(request.name, {}),
            "status": "done",
        }

    def _decide(self, old: Record | None, record: Record, request: Request) -> Decision:
        if old is None:
            return "create"
        names = set(old["inputs"]) | set(record["inputs"])
        changed = {name for name in names if old["inputs"].get(name) != record["inputs"].get(name)}
        fixed = self._providers[request.type].replace_on | set(record["declared"].get("replace_on", ()))
        fixed |= {str(steps_of(path)[0]) for path in request.replace_on_changes}
        if old["type"] != request.type or changed & fixed:
            return "replace"
        if old["status"] == "pending":
            return "recover"
        if changed:
            return "update"
        return "check" if self._replaced & set(request.dependencies) else "keep"

    def _carry_out(self, decision: Decision, record: Record, request: Request) -> Answer:
        old = self._ledger.get(request.name)
        self.registered.add(request.name)
        match decision, old:
            case "create", _:
                return self._create(record, request)
            case "replace", dict():
                return self._replace(record, request, old)
            case "recover", dict():
                return self._recover(record, request, old)
            case "check", dict() if self._find(request) is None:
                return self._create(record, request)
            case "update", dict():
                return self._update(record, request, Existing(old["id"], old["inputs"], old["outputs"]))
            case _, dict():
                return self._keep(record, request, old)
        raise AssertionError(decision)

    def _site(self, request: Request) -> Site:
        return Site(self._cloud, request.urn, packages=self._packages)

    def _find(self, request: Request) -> str | None:
        return self._providers[request.type].find(self._site(request), revealed(request.inputs))

    def _keep(self, record: Record, request: Request, old: Record) -> Answer:
        kept = {**record, "id": old["id"], "outputs": old["outputs"]}
        if self._ledger.get(request.name) != kept:
            self._ledger.done(kept)
        self._progress(Event("keep", request.name, request.type))
        return _answer(kept, request)

    def _create(self, record: Record, request: Request) -> Answer:
        self._ledger.intend(record)
        provider = self._providers[request.type]
        found = self._find(request) if provider.shared else None
        if found is not None:
            return self._update(record, request, Existing(found))
        made = provider.create(self._site(request), revealed(request.inputs))
        return self._finish("create", record, request, made)

    def _recover(self, record: Record, request: Request, old: Record) -> Answer:
        """A killed run had begun something here: what is there is taken over and made to be what it should."""
        found = self._find(request)
        if found is None:
            return self._create(record, request)
        return self._update(record, request, Existing(found, {}, old["outputs"]))

    def _update(self, record: Record, request: Request, existing: Existing) -> Answer:
        provider, site = self._providers[request.type], self._site(request)
        inputs = revealed(request.inputs)
        if request.ignore_changes:  # what others moved since stays as it is now, not as it was at the last apply
            live = {**existing.inputs, **provider.read(site, Existing(existing.id, inputs, existing.outputs))}
            inputs = keep_ignored(inputs, live, request.ignore_changes)
        self._ledger.intend({**record, "id": existing.id, "outputs": dict(existing.outputs)})
        outputs = provider.update(site, existing, inputs)
        return self._finish("update", record, request, Made(existing.id, outputs))

    def _replace(self, record: Record, request: Request, old: Record) -> Answer:
        if old["options"].get("protect"):
            raise Refused(
                f"{request.name} is protected and would have to be replaced",
                "undo the change; or apply once without its protection, then change it",
            )
        self._replaced.add(request.name)
        if old["status"] == "pending" and self._gone(old):  # a killed run had deleted it already
            return self._create(record, request)
        same_place = old["type"] == request.type and self._find(request) is not None
        if same_place or request.delete_before_replace:
            self.delete(old)
            self._ledger.intend(record)
        else:  # the new one first: the old one goes at the end of the apply
            self._ledger.write(
                {leftover(old): {**old, "name": leftover(old)}, request.name: {**record, "status": "pending"}}
            )
        made = self._providers[request.type].create(self._site(request), revealed(request.inputs))
        return self._finish("replace", record, request, made)

    def _gone(self, record: Record) -> bool:
        return self._providers[record["type"]].find(Site(self._cloud, record["urn"]), record["inputs"]) is None

    def _finish(
        self, action: Literal["create", "update", "replace"], record: Record, request: Request, made: Made
    ) -> Answer:
        done = {**record, "id": made.id, "outputs": {**record["inputs"], **made.outputs}}
        self._ledger.done(done)
        self.touched.add(request.name)
        self._progress(Event(action, request.name, request.type))
        return _answer(done, request)

    def delete(self, record: Record, *, force: bool = False) -> None:
        """Delete the recorded resource; one that is gone already is no error."""
        provider = self._providers[record["type"]]
        site = Site(self._cloud, record["urn"], force)
        self._ledger.intend(record)
        try:
            found = record["id"] or provider.find(site, record["inputs"])
            if found and not record["options"].get("retain_on_delete"):
                provider.delete(site, Existing(found, record["inputs"], record["outputs"]))
        except Exception as error:
            if not absent(error):
                raise
        self._ledger.drop(record["name"])


def leftover(record: Record) -> str:
    """The name under which a replaced resource is kept until it is deleted."""
    return f"{record['name']}~{record['id'] or 'unfinished'}"


def _answer(record: Record, request: Request) -> Answer:
    """The program gets its own inputs back, secrets still marked, and what the cloud made."""
    inputs = record["inputs"]
    made = {name: value for name, value in record["outputs"].items() if name not in inputs}
    ignored = {str(steps_of(path)[0]) for path in request.ignore_changes}
    kept = {name: inputs[name] for name in ignored if name in inputs}
    return Answer(record["id"], {**request.inputs, **kept, **made})
