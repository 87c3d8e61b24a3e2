"""The state on disk: damaged, full disks, two applies at once."""

import errno
import json
import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlspec.specs.diagnostics import SpecError
from mlspec.targets.local.engine import DeployError, LockHeld, StateStore, apply_bundle
from tests.engine.stacks import alarm, contents, made

Write = Callable[..., Path]


def test_there_is_no_state_before_the_first_apply(store: StateStore) -> None:
    assert store.load() is None


@pytest.mark.parametrize("damage", [lambda c: c[: len(c) // 2], lambda c: b"", lambda c: c.replace(b"0.2", b"0.9")])
def test_a_damaged_state_is_refused_and_the_one_before_it_is_whole(
    damage: Callable[[bytes], bytes], cloud: Any, store: StateStore, bundle: Write
) -> None:
    first = apply_bundle(bundle(alarm(threshold=0.1)), cloud=cloud, store=store)
    second = apply_bundle(bundle(alarm(threshold=0.2)), cloud=cloud, store=store)
    broken = damage(store.path.read_bytes())
    store.path.write_bytes(broken)
    with pytest.raises(SpecError) as raised:
        apply_bundle(bundle(alarm(threshold=0.3)), cloud=cloud, store=store)
    (problem,) = raised.value.diagnostics
    assert problem.code == "ML510"
    assert f"mv {store.path}.previous {store.path}" in problem.hint
    assert store.path.read_bytes() == broken
    os.replace(f"{store.path}.previous", store.path)
    assert store.load() == first
    assert second.serial == first.serial + 1


class Disk:
    """Writes until it is full; half of the last write still fits."""

    def __init__(self, room: int) -> None:
        self.room = room

    def __call__(self, descriptor: int, content: bytes) -> int:
        if self.room <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = os.write(descriptor, content[: max(1, min(len(content), self.room))])
        self.room -= written
        return written


def test_a_full_disk_leaves_a_readable_state_and_nothing_twice(
    cloud: Any, store: StateStore, bundle: Write, reset: Callable[[], None]
) -> None:
    topics = [made("Topic", name, {"name": name}) for name in ("one", "two")]
    first = bundle(made("Key", "key", {"description": "first"}))
    second = bundle(made("Key", "key", {"description": "first"}), *topics, made("Key", "other", {}), where="second")
    for room in range(0, 6000, 750):
        reset()
        path = store.path.parent / str(room) / "demo-dev.json"
        before = apply_bundle(first, cloud=cloud, store=StateStore(path))
        with pytest.raises(DeployError, match=r"disk is full|No space left"):
            apply_bundle(second, cloud=cloud, store=StateStore(path, write=Disk(room)))
        left = StateStore(path).load()
        assert left is not None
        assert left.resources["key"] == before.resources["key"]
        after = apply_bundle(second, cloud=cloud, store=StateStore(path))
        assert after.complete
        assert contents(cloud)["keys"] == 2
        assert len(contents(cloud)["topics"]) == 2


def _hold(path: Path, taken: Any, release: Any) -> None:
    with StateStore(path).lock():
        taken.set()
        release.wait()


def test_a_second_apply_is_told_who_holds_the_stack(cloud: Any, store: StateStore, bundle: Write) -> None:
    context = multiprocessing.get_context("fork")
    taken, release = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(store.path, taken, release), daemon=True)
    holder.start()
    assert taken.wait(120)
    with pytest.raises(LockHeld) as raised:
        apply_bundle(bundle(alarm()), cloud=cloud, store=store, wait=0)
    (problem,) = raised.value.diagnostics
    assert problem.code == "ML515"
    assert f"process {holder.pid} on " in problem.message
    assert contents(cloud)["alarms"] == []
    release.set()
    holder.join()
    assert apply_bundle(bundle(alarm()), cloud=cloud, store=store).complete


def _apply(directory: Path, cloud: Any, path: Path) -> None:
    cloud.clients.clear()
    apply_bundle(directory, cloud=cloud, store=StateStore(path), wait=600)


def test_two_applies_at_once_are_one_after_the_other(cloud: Any, store: StateStore, bundle: Write) -> None:
    context = multiprocessing.get_context("fork")
    directories = [
        bundle(made("Key", "key", {"description": text}), alarm(threshold=0.5), where=text) for text in ("one", "two")
    ]
    runs = [context.Process(target=_apply, args=(directory, cloud, store.path)) for directory in directories]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [run.exitcode for run in runs] == [0, 0]
    state = store.load()
    assert state is not None
    assert state.serial == 2
    assert contents(cloud)["keys"] == 1
    key = cloud.client("kms").describe_key(KeyId=state.resources["key"].id)["KeyMetadata"]
    assert key["Description"] == state.resources["key"].inputs["description"]


def test_the_journal_is_gone_after_an_apply(cloud: Any, store: StateStore, bundle: Write) -> None:
    apply_bundle(bundle(alarm()), cloud=cloud, store=store)
    assert sorted(path.name for path in store.path.parent.iterdir()) == ["demo-dev.json", "demo-dev.json.lock"]
    apply_bundle(bundle(alarm(threshold=0.7)), cloud=cloud, store=store)
    assert json.loads(Path(f"{store.path}.previous").read_bytes())["serial"] == 1
