"""A bundle on disk and the recorded state in; the cloud as the bundle says, and the new state, out."""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlspec.targets.local.engine.configuration import require_secrets
from mlspec.targets.local.engine.errors import collected
from mlspec.targets.local.engine.events import Event, Progress, silent
from mlspec.targets.local.engine.state_file import Document, StateStore, unwritable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlspec.compiler.state import State
    from mlspec.targets.local.engine.deployment import Deployment
    from mlspec.targets.local.engine.ledger import Ledger
    from mlspec.targets.local.engine.providers.contract import Cloud, Provider


@dataclass(frozen=True)
class _Target:
    """Where an apply works: the cloud, the state's place, who is told, and how each type is made."""

    cloud: "Cloud"
    store: StateStore
    progress: Progress
    providers: "Mapping[str, Provider]"


def apply_bundle(
    directory: Path, *, cloud: "Cloud", store: StateStore, progress: Progress = silent,
    secrets: Mapping[str, str] | None = None, providers: "Mapping[str, Provider] | None" = None, wait: float = 10.0,
) -> "State":  # fmt: skip
    """Run the program of the bundle written to `directory` (with packages/) and make the cloud what it asks for.

    Raises LockHeld when another process is at it for longer than `wait` seconds, PartlyApplied when something was
    changed and something else failed (the next apply goes on from there), DeployError when nothing was changed."""
    target = _target(cloud, store, progress, providers)
    bundle = _Bundle.read(directory)
    require_secrets(list(bundle.declared.values()), secrets or {})
    with store.lock(wait=wait):
        before = _current(target, bundle.stack)
        after = bundle.header(before, target.cloud)
        with _session(target, before, after, bundle.declared, packages=directory / "packages") as (deployment, ledger):
            _run(bundle, deployment, ledger, target, secrets=secrets or {})
        return _state(store)


def destroy_stack(
    store: StateStore, *, cloud: "Cloud", progress: Progress = silent, consent: bool = True,
    providers: "Mapping[str, Provider] | None" = None, wait: float = 10.0,
) -> "State":  # fmt: skip
    """Delete everything the state records. `consent`: a person has said yes to losing protected resources and data;
    without it a protected resource, or a bucket that holds something, stops it."""
    from mlspec.targets.local.engine.removal import remove

    target = _target(cloud, store, progress, providers)
    with store.lock(wait=wait):
        before = _current(target, store.path.stem)
        with _session(target, before, {**before, "bundle": "", "spec": {}}, {}) as (deployment, ledger):
            remove(deployment, ledger.all().values(), progress=progress, force=consent)
        return _state(store)


def _target(
    cloud: "Cloud", store: StateStore, progress: Progress, providers: "Mapping[str, Provider] | None"
) -> _Target:
    from mlspec.targets.local.engine.clients import Clients
    from mlspec.targets.local.engine.endpoint import require_loopback
    from mlspec.targets.local.engine.providers.table import PROVIDERS

    require_loopback(cloud.endpoint)
    return _Target(Clients(cloud), store, progress, PROVIDERS if providers is None else providers)


def _current(target: _Target, stack: str) -> Document:
    """What is recorded as deployed; nothing when the cloud it was deployed to is gone."""
    cloud, recorded = target.cloud, target.store.document()
    fresh: Document = {
        "format": 1, "lineage": os.urandom(16).hex(), "serial": 0, "stack": stack, "target": "local", "cloud": cloud.id,
        "account": cloud.account, "region": cloud.region, "bundle": "", "complete": True, "spec": {}, "resources": {},
    }  # fmt: skip
    if recorded is None:
        return fresh
    if recorded["cloud"] == cloud.id:
        return recorded
    if recorded["resources"]:
        target.progress(Event("warn", detail="the mocked cloud was restarted and is empty: everything is made anew"))
    return {**fresh, "lineage": recorded["lineage"], "serial": recorded["serial"]}


@contextmanager
def _session(
    target: _Target, before: Document, after: Document, declared: Mapping[str, Any], *, packages: Path | None = None
) -> "Iterator[tuple[Deployment, Ledger]]":
    """A deployment with its journal; afterwards the state is written, whatever happened, and problems are raised."""
    from mlspec.targets.local.engine.deployment import Deployment
    from mlspec.targets.local.engine.ledger import Ledger

    journal = target.store.journal({**before, "serial": before["serial"] + 1, "complete": False})
    ledger = Ledger(before["resources"], journal)
    deployment = Deployment(
        target.cloud, ledger, declared=declared, providers=target.providers, progress=target.progress,
        salt=before["lineage"], packages=packages,
    )  # fmt: skip
    completed = False
    try:
        yield deployment, ledger
        completed = not deployment.failed
    finally:
        journal.close()
        _write(target.store, before, {**after, "complete": completed, "resources": ledger.all()}, changed=journal.begun)
    if deployment.failed:
        raise collected(deployment.diagnostics, changed=journal.begun)


def _write(store: StateStore, before: Document, after: Document, *, changed: bool) -> None:
    """The new state, with the next serial; an apply that found nothing to do leaves the file as it is."""
    if changed or (after["complete"] and after != before) or not store.path.exists():
        store.save({**after, "serial": before["serial"] + 1})


def _run(
    bundle: "_Bundle", deployment: "Deployment", ledger: "Ledger", target: _Target, *, secrets: Mapping[str, str]
) -> None:
    """The program, then what it has no more, then a look at what runs now."""
    from mlspec.targets.local.engine.monitor import Monitor
    from mlspec.targets.local.engine.program import run_program
    from mlspec.targets.local.engine.readback import read_back
    from mlspec.targets.local.engine.removal import remove

    cloud = target.cloud
    facts = {"accountId": cloud.account, "region": cloud.region, "partition": "aws"}
    folder = bundle.directory / "infra"
    monitor = Monitor(bundle.spec, bundle.environment, folder=folder, register=deployment.register, facts=facts)
    try:
        run_program(folder, monitor, project=bundle.spec, stack=bundle.environment, config=secrets)
    except OSError as error:
        if not deployment.failed:
            raise unwritable(target.store.path, error) from error
    except Exception:
        if not deployment.failed:
            raise
    if deployment.failed:
        return
    records = ledger.all()
    remove(deployment, _gone(records, deployment.registered), progress=target.progress)
    touched = [record for name, record in ledger.all().items() if name in deployment.touched]
    deployment.diagnostics.extend(read_back(touched, cloud, target.providers))


def _gone(records: Mapping[str, Document], registered: Iterable[str]) -> list[Document]:
    kept = set(registered)
    return [record for name, record in records.items() if name not in kept]


def _state(store: StateStore) -> "State":
    state = store.load()
    if state is None:
        raise FileNotFoundError(store.path)
    return state


@dataclass(frozen=True)
class _Bundle:
    """A bundle written to disk, as far as an apply reads it."""

    directory: Path
    spec: str
    environment: str
    declared: Mapping[str, Any]
    resolved: Mapping[str, Any]
    digest: str

    @classmethod
    def read(cls, directory: Path) -> "_Bundle":
        graph = json.loads((directory / "graph.json").read_bytes())
        lock = json.loads((directory / "mlspec.lock").read_bytes())
        declared = {entry["name"]: entry for entry in graph["resources"]}
        digest = _digest(directory, [*lock["files"], "mlspec.lock"])
        return cls(directory.resolve(), graph["spec"], graph["environment"], declared, lock["spec"], digest)

    @property
    def stack(self) -> str:
        """`<spec>-<environment>`."""
        return f"{self.spec}-{self.environment}"

    def header(self, before: Document, cloud: "Cloud") -> Document:
        """The state to be, without its resources."""
        return {
            **before, "stack": self.stack, "cloud": cloud.id, "account": cloud.account, "region": cloud.region,
            "bundle": self.digest, "spec": dict(self.resolved),
        }  # fmt: skip


def _digest(directory: Path, paths: Iterable[str]) -> str:
    from mlspec.compiler.bundle import digest_of

    return digest_of({path: (directory / path).read_bytes() for path in paths})
