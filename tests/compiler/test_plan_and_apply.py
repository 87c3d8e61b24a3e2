"""An apply on the mocked cloud does what the plan said, and nothing is left to plan afterwards."""

from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import pytest

from mlspec.compiler.entries import lock_of
from mlspec.compiler.plan import Plan, make_plan
from mlspec.specs.load import load_spec
from mlspec.targets.aws.compile import compile_spec
from mlspec.targets.local import client
from mlspec.targets.local.engine import Event, StateStore, apply_bundle
from tests.compiler.emitted import ROOT

EXAMPLE = ROOT / "examples" / "flight-delay" / "flight-delay.yaml"
CHANGES = ("serving.memory=2 GiB", "gates.0.min=0.5")


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[client.Cloud]:
    """A mocked cloud of the test's own."""
    yield client.start(tmp_path / "cloud")
    client.stop(tmp_path / "cloud")


@pytest.mark.slow
def test_an_apply_does_what_the_plan_said(cloud: client.Cloud, tmp_path: Path) -> None:
    store = StateStore(tmp_path / "state.json")
    first = _deploy((), cloud=cloud, store=store, folder=tmp_path / "first")
    assert first.counts["destroy"] == 0
    second = _deploy(CHANGES, cloud=cloud, store=store, folder=tmp_path / "second")
    assert {step.name: step.action for step in second.changed} == {
        "gate": "update",
        "gate-code": "replace",
        "inference": "update",
    }


def _deploy(overrides: tuple[str, ...], *, cloud: client.Cloud, store: StateStore, folder: Path) -> Plan:
    bundle = compile_spec(load_spec(EXAMPLE, overrides=overrides), {})
    packages = {f"packages/{unit}.zip": b"" for unit in lock_of(bundle)["units"]}
    for path, held in {**bundle.files, **packages}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(held)
    for path in packages:
        with ZipFile(folder / path, "w") as archive:
            archive.writestr(ZipInfo("handler.py"), "")
    plan, events = make_plan(bundle, store.load()), list[Event]()
    apply_bundle(folder, cloud=cloud, store=store, progress=events.append)
    done = {event.resource: event.action for event in events if event.resource in {step.name for step in plan.steps}}
    assert {step.name: step.action for step in plan.steps} == done
    assert make_plan(bundle, store.load()).empty
    return plan
