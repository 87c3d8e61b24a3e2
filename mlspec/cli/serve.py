"""`mlspec serve`: the container's server on this machine, for any spec."""

import os
import socket
from datetime import datetime
from pathlib import Path

import click

from mlspec.cli.moments import moment_of
from mlspec.cli.options import spec_options
from mlspec.cli.project import Project, project_of
from mlspec.cli.terminal import say
from mlspec.specs.diagnostics import Diagnostic, SpecError

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("serve")
@spec_options
@click.option("--model", type=_FOLDER, help="A release's folder; else the champion, else one is trained here.")
@click.option("--data", type=click.Path(exists=True, path_type=Path), help="Rows to train on, instead of the spec's.")
@click.option("--at", help="The time of that training, such as 2013-05-16; windows count back from it.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True)
@click.option("--workers", type=click.IntRange(1, 256), default=None, help="Processes; else one a processor.")
@click.option("--access-log/--no-access-log", default=True, help="One line of JSON for each request.")
def command(
    spec: Path,
    environment: str,
    overrides: tuple[str, ...],
    *,
    model: Path | None,
    data: Path | None,
    at: str | None,
    host: str,
    port: int,
    workers: int | None,
    access_log: bool,
) -> int:
    """Serve SPEC on this machine with the container's own server, whatever its serving.target is.

    \b
    Example:
      mlspec serve flight-delay.yaml
      mlspec serve flight-delay.yaml --data flights/ --port 8081
      curl localhost:8080/docs
    """
    from mlspec.targets.local.container import Serving, container_folder, server_command, server_variables, url_of

    project = project_of(spec, environment, overrides)
    _require_free(host, port)
    release = release_of(project, model=model, data=data, now=moment_of(at) if at else None)
    folder = container_folder(project.checked, project.home)
    variables = {"MLSPEC_ACCESS_LOG": "on" if access_log else "off"}
    serving = Serving(port, workers, host, environment, variables)
    say(f"{url_of(host, port)}/docs  (release in {release}; Ctrl-C ends it)")
    command = server_command(folder)
    os.execve(command[0], command, server_variables(release, serving))  # noqa: S606 (this very command goes on)


def _require_free(host: str, port: int) -> None:
    """Before a model is trained for it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except (OSError, UnicodeError) as error:  # UnicodeError: a host such as a..b
        message = f"cannot listen on {host}:{port}: {error.strerror if isinstance(error, OSError) else error}"
        raise SpecError([Diagnostic("ML842", message, hint="choose others with --port and --host")]) from error


def release_of(
    project: Project, *, model: Path | None = None, data: Path | None = None, now: datetime | None = None
) -> Path:
    """The folder of a release to serve: `model`, the local stack's champion, or one trained here; raises SpecError."""
    from mlspec.targets.local.release import LocalTraining, local_release

    if model is not None:
        return _required(model)
    champion = None if data or now else _champion(project)
    if champion is not None:
        return champion
    training = LocalTraining(project.checked, project.path.resolve().parent, project.home, data, now)
    return local_release(training, lambda line: say(f"  {line}"))


def _required(model: Path) -> Path:
    if not (model / "model.json").is_file():
        hint = "give the folder that holds model.json, or leave --model out"
        raise SpecError([Diagnostic("ML842", f"there is no release in {model}: it has no model.json", hint=hint)])
    return model


def _champion(project: Project) -> Path | None:
    """The release that serves in this spec's stack, where its mocked cloud runs."""
    from mlspec.cli.cloudmark import running_cloud

    if project.checked.spec.serving.target == "container" or running_cloud(project) is None:
        return None
    from mlspec.targets.local.release import champion_release

    state, cloud = project.store().load(), project.cloud()
    if state is None or state.cloud != cloud.id or "store" not in state.resources:
        return None
    return champion_release(cloud.client, str(state.resources["store"].id), project.home)
