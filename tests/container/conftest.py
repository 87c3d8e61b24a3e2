"""The container's server as a process, on releases trained here, for every example and template there is."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from mlspec.specs.checked import Checked
from mlspec.specs.load import load_spec
from mlspec.targets.local.container import Server, Serving, container_folder, server_variables, started_server
from mlspec.targets.local.release import LocalTraining, local_release
from tests.container.http_client import Client
from tests.container.rows import AFTER, write_rows

ROOT = Path(__file__).parents[2]
EXAMPLES = {
    "flight-delay": ROOT / "examples/flight-delay/flight-delay.yaml",
    "team-library": ROOT / "examples/team-library/churn.yaml",
    "binary": ROOT / "specs/templates/binary.yaml",
    "multiclass": ROOT / "specs/templates/multiclass.yaml",
    "regression": ROOT / "specs/templates/regression.yaml",
    "several": ROOT / "tests/golden/several/spec.yaml",
    "team": ROOT / "specs/templates/team/team.yaml",
}
EMBEDDING = ROOT / "tests/golden/embedding/spec.yaml"  # beside the examples: torch trains it, where it is installed


@dataclass(frozen=True)
class Example:
    """A spec, the unit that serves it, and a release of it."""

    checked: Checked
    unit: Path
    model: Path

    @contextmanager
    def served(self, *, workers: int = 1, unit: Path | None = None, model: Path | None = None) -> Iterator["Running"]:
        """A server on a port of its own."""
        variables = server_variables(model or self.model, Serving(port=0, workers=workers))
        with started_server(unit or self.unit, variables) as server:
            yield Running(self, server)


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    example: Example
    server: Server

    @property
    def port(self) -> int:
        return int(self.server.url.rpartition(":")[2])

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        return self.server.process

    def client(self) -> Client:
        """A connection of its own."""
        return Client(self.port)

    def log(self) -> str:
        return self.server.output.read_text(errors="replace")


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all processes of a run: what is kept by its content is made once."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if base.name.startswith("popen-") else base


@pytest.fixture(scope="session")
def example_of(shared_folder: Path) -> Callable[[str], Example]:
    """An example by its name, with a release trained on drawn rows."""

    def make(name: str) -> Example:
        spec = {**EXAMPLES, "embedding": EMBEDDING}[name]
        checked = load_spec(spec)
        home = shared_folder / "container" / name
        if not (rows := home / "rows").is_dir():
            write_rows(checked, rows)
        model = local_release(LocalTraining(checked, spec.parent, home, rows, AFTER))
        return Example(checked, container_folder(checked, home), model)

    return make


@pytest.fixture(scope="session")
def running(example_of: Callable[[str], Example]) -> Iterator[Callable[[str], Running]]:
    """A server of an example, one for the session."""
    with ExitStack() as stack:
        found: dict[str, Running] = {}

        def start(name: str) -> Running:
            if name not in found:
                found[name] = stack.enter_context(example_of(name).served())
            return found[name]

        yield start


@pytest.fixture
def flights(running: Callable[[str], Running]) -> Running:
    return running("flight-delay")


@pytest.fixture
def flight_example(example_of: Callable[[str], Example]) -> Example:
    return example_of("flight-delay")
