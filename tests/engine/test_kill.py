"""kill -9 at every point of an apply and of a destroy: the next run completes, nothing is lost or made twice."""

import json
import os
import signal
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlspec.compiler.graph import Json, Ref, Resource
from mlspec.targets.local.engine import StateStore, apply_bundle, destroy_stack
from mlspec.targets.local.engine.providers.contract import Provider
from mlspec.targets.local.engine.providers.table import PROVIDERS
from tests.engine.stacks import TRUST, contents, everything, made, package

Write = Callable[..., Path]


class Deaths:
    """Kills this process the first time it comes to a point; a file remembers, over all processes, which were had."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        path.touch()

    @property
    def had(self) -> list[str]:
        return self._path.read_text().splitlines()

    def maybe(self, point: str, *, last: Callable[[], object] = lambda: None) -> None:
        with self._lock:
            if point in self.had:
                return
            with self._path.open("a") as file:
                file.write(point + "\n")
            last()
            os.kill(os.getpid(), signal.SIGKILL)

    def write(self, descriptor: int, content: bytes) -> int:
        """A journal line of which half arrives; other files are written whole."""
        if content.startswith(b'{"put"'):
            entry = json.loads(content)
            done = [name for name, record in entry["put"].items() if record["status"] == "done"] or entry["drop"]
            if not done:
                return os.write(descriptor, content)
            self.maybe(f"journal {done[0]}", last=lambda: os.write(descriptor, content[: len(content) // 2]))
        return os.write(descriptor, content)

    def providers(self) -> Mapping[str, Provider]:
        return {token: self._deadly(provider) for token, provider in PROVIDERS.items()}

    def _deadly(self, provider: Provider) -> Provider:
        def around(operation: str, call: Callable[..., Any]) -> Callable[..., Any]:
            def deadly(site: Any, *arguments: Any) -> Any:
                self.maybe(f"before {operation} {site.name}")
                result = call(site, *arguments)
                self.maybe(f"after {operation} {site.name}")
                return result

            return deadly

        return replace(
            provider,
            create=around("create", provider.create),
            update=around("update", provider.update),
            delete=around("delete", provider.delete),
        )


def die_until_done(run: Callable[[], object], cloud: Any) -> int:
    """Run in child after child until one gets to the end; says how many were killed."""
    import pulumi_aws  # noqa: F401  (its import takes seconds: once, before the forks)

    killed = 0
    while True:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                cloud.clients.clear()
                run()
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            killed += 1
            continue
        assert os.WEXITSTATUS(status) == 0
        return killed


def keys(cloud: Any) -> int:
    """All that were ever made: none may be made twice."""
    return len(cloud.client("kms").list_keys()["Keys"])


def core(**changes: Any) -> list[Resource]:
    """The part of a stack in which everything leans on something else."""
    left_out = {"store-lifecycle", "store-public-access", "store-encryption", "store-policy", "start-policy"}
    left_out |= {"dashboard", "dead-letters", "alerts-1", "workflow", "errors-alarm"}
    return [resource for resource in everything(**changes) if resource.name not in left_out]


@pytest.fixture
def directory(bundle: Write, tmp_path: Path) -> Path:
    package(tmp_path / "bundle")
    return bundle(*core())


def test_an_apply_killed_at_every_point_ends_like_a_clean_one(
    cloud: Any, store: StateStore, directory: Path, tmp_path: Path, reset: Callable[[], None]
) -> None:
    clean = StateStore(tmp_path / "clean" / "demo-dev.json")
    expected_state = apply_bundle(directory, cloud=cloud, store=clean)
    expected = contents(cloud)
    reset()
    deaths = Deaths(tmp_path / "deaths")

    def run() -> None:
        mortal = StateStore(store.path, write=deaths.write)
        apply_bundle(directory, cloud=cloud, store=mortal, providers=deaths.providers())

    killed = die_until_done(run, cloud)
    points = deaths.had
    assert killed == len(points)
    for resource in core():
        assert {f"before create {resource.name}", f"before update {resource.name}"} & set(points)
        assert f"journal {resource.name}" in points
    assert contents(cloud) == expected
    assert keys(cloud) == 1
    state = store.load()
    assert state is not None
    assert state.complete
    assert set(state.resources) == set(expected_state.resources)
    assert {name: held.outputs.keys() for name, held in state.resources.items()} == {
        name: held.outputs.keys() for name, held in expected_state.resources.items()
    }


def test_a_change_and_a_destroy_killed_at_every_point(
    cloud: Any, store: StateStore, directory: Path, bundle: Write, tmp_path: Path
) -> None:
    empty = contents(cloud)
    apply_bundle(directory, cloud=cloud, store=store)
    package(tmp_path / "changed", "2")
    changed = bundle(*core(digest="b" * 16, memory=512), where="changed")
    deaths = Deaths(tmp_path / "deaths")

    def change() -> None:
        mortal = StateStore(store.path, write=deaths.write)
        apply_bundle(changed, cloud=cloud, store=mortal, providers=deaths.providers())

    assert die_until_done(change, cloud) == len(deaths.had)
    versions, aliases, *_ = contents(cloud)["functions"]["demo-dev-start"]
    assert versions == [("$LATEST", 512), ("1", 256), ("2", 512)]
    assert aliases == [("live", "1")]
    assert [key for key, _ in contents(cloud)["objects"]["demo-dev-store-123456789012"]] == [
        f"code/start-{'b' * 16}.zip"
    ]

    ends = Deaths(tmp_path / "ends")

    def destroy() -> None:
        mortal = StateStore(store.path, write=ends.write)
        destroy_stack(mortal, cloud=cloud, providers=ends.providers())

    assert die_until_done(destroy, cloud) == len(ends.had)
    assert contents(cloud) == empty
    state = store.load()
    assert state is not None
    assert not state.resources


@pytest.mark.parametrize("change", [{"type": "EXPRESS"}, {"name": "another"}])
def test_a_replacement_killed_at_every_point(
    change: dict[str, str], cloud: Any, store: StateStore, bundle: Write, tmp_path: Path
) -> None:
    role = made("Role", "role", {"name": "demo", "assumeRolePolicy": TRUST})
    definition = Json({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
    first = {"name": "one", "type": "STANDARD", "roleArn": Ref("role", "arn"), "definition": definition}
    apply_bundle(bundle(role, made("StateMachine", "workflow", first)), cloud=cloud, store=store)
    second = bundle(role, made("StateMachine", "workflow", {**first, **change}), where="second")
    deaths = Deaths(tmp_path / "deaths")

    def run() -> None:
        mortal = StateStore(store.path, write=deaths.write)
        apply_bundle(second, cloud=cloud, store=mortal, providers=deaths.providers())

    assert die_until_done(run, cloud) == len(deaths.had) >= 5
    machines = cloud.client("stepfunctions").list_state_machines()["stateMachines"]
    wanted = {**first, **change}
    assert [(machine["name"], machine["type"]) for machine in machines] == [(wanted["name"], wanted["type"])]
    state = store.load()
    assert state is not None
    assert set(state.resources) == {"role", "workflow"}
