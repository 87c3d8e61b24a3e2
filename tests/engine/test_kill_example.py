"""The example's whole stack, killed with SIGKILL right after each of its resources was made, on the mocked cloud."""

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlspec.cli.project import Project
from mlspec.targets.local import client
from mlspec.targets.local.engine import StateStore, apply_bundle, destroy_stack
from mlspec.targets.local.engine.providers.contract import Provider
from mlspec.targets.local.engine.providers.table import PROVIDERS
from tests.engine.test_kill import Deaths, die_until_done

EXAMPLE = Path(__file__).parents[2] / "examples" / "flight-delay" / "flight-delay.yaml"


class Cloud:
    """A mocked cloud whose clients a forked child makes for itself."""

    def __init__(self, running: client.Cloud) -> None:
        self.running = running
        self.endpoint, self.id = running.endpoint, running.id
        self.account, self.region = running.account, running.region
        self.clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self.clients:
            client.loopback_client.cache_clear()
            self.clients[service] = self.running.client(service)
        return self.clients[service]


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    try:
        yield Cloud(client.start(tmp_path / "cloud"))
    finally:
        client.stop(tmp_path / "cloud")


# What is another resource, or made in another way, where the function ships as an image.
OF_AN_IMAGE = frozenset({"images", "images-policy", "inference", "inference-role-policy", "live", "gate", "rollout"})


@pytest.fixture(params=["zip", "image"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bundle(form: str, tmp_path: Path) -> Path:
    """The example's bundle on disk, in each form; its packages need hold nothing to be deployed."""
    spec = tmp_path / EXAMPLE.name
    spec.write_text(EXAMPLE.read_text())
    project = Project(spec, overrides=(f"serving.package={form}",))
    project.write(tmp_path / "bundle")
    (tmp_path / "bundle" / "packages").mkdir()
    empty = b"PK\x05\x06" + bytes(18)
    for unit in {path.split("/")[1] for path in project.bundle.files if path.startswith("code/")}:
        (tmp_path / "bundle" / "packages" / f"{unit}.zip").write_bytes(empty)
    return tmp_path / "bundle"


def counts(cloud: Cloud) -> dict[str, int]:
    """What exists, by type: one more of anything was made twice, one less was lost."""
    found = {kind: n for kind, n in cloud.running.inventory().items() if not kind.startswith("history")}
    s3 = cloud.client("s3")
    buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    # Putting the same content under the same key again adds a version, not an object.
    return {**found, "s3 objects": sum(s3.list_objects_v2(Bucket=name).get("KeyCount", 0) for name in buckets)}


def deadly(deaths: Deaths, names: Set[str]) -> Mapping[str, Provider]:
    """Providers that die once for each resource of those names, right after it was made; or brought in line, when a
    neighbour's death had left it made and not recorded."""

    def killing(call: Callable[..., Any]) -> Callable[..., Any]:
        def killed(site: Any, *arguments: Any) -> Any:
            made = call(site, *arguments)
            if site.name in names:
                deaths.maybe(site.name)
            return made

        return killed

    return {
        token: replace(provider, create=killing(provider.create), update=killing(provider.update))
        for token, provider in PROVIDERS.items()
    }


@pytest.mark.slow
def test_the_examples_stack_survives_a_kill_at_every_resource(
    cloud: Cloud, bundle: Path, form: str, tmp_path: Path
) -> None:
    clean = StateStore(tmp_path / "clean" / "flight-delay-dev.json")
    expected_state = apply_bundle(bundle, cloud=cloud, store=clean)
    expected = counts(cloud)
    destroy_stack(clean, cloud=cloud)
    deaths, store = Deaths(tmp_path / "deaths"), StateStore(tmp_path / "state" / "flight-delay-dev.json")
    points = OF_AN_IMAGE if form == "image" else set(expected_state.resources)
    providers = deadly(deaths, points)
    killed = die_until_done(lambda: apply_bundle(bundle, cloud=cloud, store=store, providers=providers), cloud)
    assert killed == len(deaths.had)
    assert set(deaths.had) == points
    assert counts(cloud) == expected
    state = store.load()
    assert state is not None
    assert state.complete
    assert set(state.resources) == set(expected_state.resources)
