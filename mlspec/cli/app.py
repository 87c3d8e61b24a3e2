"""Words on the command line, in; one command's module, imported only then, out."""

import errno
import gc
import importlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

import mlspec
from mlspec.cli.exits import Exit
from mlspec.cli.options import OVERRIDES_HELP

if TYPE_CHECKING:
    from mlspec.specs.diagnostics import Diagnostic

_UNUSABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR, errno.EEXIST}

# name -> (module, one line of help); the help stands here so that `mlspec --help` imports no command.
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("mlspec.cli.init", "Write a new spec from a template."),
    "validate": ("mlspec.cli.validate", "Check a spec and show every mistake at its line."),
    "explain": ("mlspec.cli.explain", "Say a key's value, what is allowed, and where it came from."),
    "show": ("mlspec.cli.show", "Print the resolved spec, each value with where it came from."),
    "schema": ("mlspec.cli.schema", "Print the JSON Schema that editors use."),
    "fmt": ("mlspec.cli.fmt", "Put specs into the one style; comments and order stay."),
    "migrate": ("mlspec.cli.migrate", "Rewrite older specs in the current language; comments and layout stay."),
    "compile": ("mlspec.cli.compile", "Write the infrastructure program and the code that will run."),
    "plan": ("mlspec.cli.plan", "Show what an apply would change, and what that means."),
    "package": ("mlspec.cli.package", "Build the zips and images that a spec ships, and say why each is so."),
    "apply": ("mlspec.cli.apply", "Make the changes of a plan."),
    "run": ("mlspec.cli.run", "Start the workflow: train, gate, register, roll out."),
    "status": ("mlspec.cli.status", "Show what serves, what was released, and the alarms."),
    "predict": ("mlspec.cli.predict", "Send records to the deployed model."),
    "serve": ("mlspec.cli.serve", "Serve a model on this machine, as its container does."),
    "client": ("mlspec.cli.client", "Write a typed Python client of the model."),
    "bench": ("mlspec.cli.bench", "Send load to a model's server: latencies at fixed rates, throughput, errors."),
    "logs": ("mlspec.cli.logs", "Show what a unit logged."),
    "rollback": ("mlspec.cli.rollback", "Put the previous release back."),
    "rehearse": (
        "mlspec.cli.rehearse",
        "Replay days of data on the mocked cloud: drift, alarm, retrain, gate, canary.",
    ),
    "destroy": ("mlspec.cli.destroy", "Delete everything the stack made."),
    "local": ("mlspec.cli.local", "Start, stop and feed the mocked cloud."),
}


# What comes with another extra than `local`, which has all that the mocked cloud and training need.
_EXTRAS = {"hdrh": "bench", "httptools": "bench", "uvloop": "bench"}


class _Lazy(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(command, click.Command)
        if any(parameter.name == "overrides" for parameter in command.params):
            command.epilog = OVERRIDES_HELP
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            raise click.UsageError(f"no command '{args[0]}'" + (f"; did you mean '{near[0]}'?" if near else ""), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(mlspec.__version__, prog_name="mlspec")
def app() -> None:
    """One YAML spec for a model: planned, trained, gated, served, watched, retrained on AWS, rehearsed on a laptop.

    \b
    Example:
      mlspec init binary churn.yaml
      mlspec plan churn.yaml
      mlspec apply churn.yaml --target local
    """


def invoke(arguments: Sequence[str]) -> int:
    """Run one command in this process and return its exit code; never raises for a user's mistake."""
    from mlspec.cli.terminal import show_diagnostics
    from mlspec.specs.diagnostics import Diagnostic, SpecError

    try:
        result = app.main(list(arguments), prog_name="mlspec", standalone_mode=False)
        return int(result) if isinstance(result, int) else int(Exit.DONE)
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return int(Exit.INTERRUPTED)
    except click.ClickException as error:
        error.show()
        return int(Exit.USAGE)
    except SpecError as error:
        show_diagnostics(error.diagnostics)
        return int(exit_of(error))
    except ModuleNotFoundError as error:
        show_diagnostics([_not_installed(error)])
        return int(Exit.ERROR)
    except BrokenPipeError:
        return int(Exit.ERROR)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _UNUSABLE and error.filename:
            _unusable(error).show()
            return int(Exit.USAGE)
        if not type(error).__module__.startswith(("botocore.", "urllib.error")):
            raise
        show_diagnostics(
            [Diagnostic("ML807", f"the cloud answered: {error}", hint="see mlspec status and mlspec logs")]
        )
        return int(Exit.ERROR)


def _unusable(error: OSError) -> click.UsageError:
    """What the system keeps from us: a disk that is full or only to be read, a file where a folder should be."""
    home = "\n.mlspec is beside the spec, or where MLSPEC_HOME says" if ".mlspec" in str(error.filename) else ""
    return click.UsageError(f"cannot use {error.filename}: {error.strerror}{home}")


def _not_installed(error: ModuleNotFoundError) -> "Diagnostic":
    """What is installed can plan; to deploy and to train takes more. A module of ours that is missing is our fault."""
    from mlspec.specs.diagnostics import Diagnostic

    package = (error.name or "").partition(".")[0]
    if package in ("", "mlspec") or package in sys.stdlib_module_names:
        raise error
    hint = f"install the extra '{_EXTRAS.get(package, 'local')}' of mlspec-compiler: it has all that this command needs"
    return Diagnostic("ML805", f"this command needs {package}, which is not installed", hint=hint)


def exit_of(error: Exception) -> Exit:
    """The exit code for what a user, or another process, did: told by the error's kind, then by its first code."""
    from mlspec.specs.diagnostics import Severity, SpecError

    assert isinstance(error, SpecError)
    engine = sys.modules.get("mlspec.targets.local.engine.errors")
    if engine is not None and isinstance(error, engine.DeployError):
        kinds = {engine.LockHeld: Exit.STALE, engine.PartlyApplied: Exit.PARTIAL}
        return kinds.get(type(error), Exit.ERROR)
    first = next((d.code for d in error.diagnostics if d.severity is Severity.ERROR), "")
    stale = {"ML521": Exit.USAGE, "ML522": Exit.STALE}
    return stale.get(first, Exit.ERROR if first[:3] in ("ML5", "ML6", "ML7", "ML8") else Exit.INVALID)


def main() -> None:
    """The console script."""
    gc.set_threshold(50_000)  # many objects and few cycles: to look for those took a thirtieth of a cold command
    sys.exit(invoke(sys.argv[1:]))
