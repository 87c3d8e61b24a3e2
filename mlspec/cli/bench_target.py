"""Where `mlspec bench` sends its load: a URL, the function on the mocked cloud, or a server that is started here."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from mlspec.cli.project import Project


@dataclass(frozen=True)
class LocalServer:
    """What the container's server is started with."""

    model: Path | None
    data: Path | None
    workers: int


@contextmanager
def served(project: Project, url: str, target: str, local: LocalServer) -> Iterator[str]:
    """The URL to send to; a server that is started for it ends with it."""
    if url:
        yield url
    elif target == "lambda":
        yield _function_url(project)
    else:
        from mlspec.targets.local.container import Serving, running_server

        serving = Serving(port=0, workers=local.workers, environment=project.environment)
        with running_server(project.checked, _release(project, local), project.home, serving) as address:
            yield f"{address}/invocations"


def _release(project: Project, local: LocalServer) -> Path:
    """The release to serve; what training says on the way goes to standard error, beside what machines read."""
    from mlspec.cli.serve import release_of

    with redirect_stdout(sys.stderr):
        return release_of(project, model=local.model, data=local.data)


def _function_url(project: Project) -> str:
    from mlspec.cli.deployed import deployment_of

    function = deployment_of(project).outputs["inference"]["name"]
    return f"{project.cloud().endpoint}/mlspec/url/{function}/live"
