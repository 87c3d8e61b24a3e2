"""`mlspec explain`: a key, or a diagnostic's code, in; what it is, what is allowed, and where it came from, out."""

import re
from pathlib import Path

import click

from mlspec.cli.options import json_option
from mlspec.cli.project import project_of
from mlspec.cli.terminal import say, show_json


@click.command("explain")
@click.argument("spec", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("key", required=False)
@click.option("--env", "environment", default="dev", show_default=True, help="Which environment's overlay to use.")
@click.option("--set", "overrides", multiple=True, help="An override, key=value; may be repeated.")
@json_option
def command(spec: Path, key: str | None, *, environment: str, overrides: tuple[str, ...], as_json: bool) -> int:
    """Say what KEY of SPEC is, what is allowed, and where its value came from; or, of a code, what it means.

    \b
    Example:
      mlspec explain flight-delay.yaml serving.memory --env prod
      mlspec explain ML204
    """
    if key is None and re.fullmatch(r"ML\d{3}", str(spec), re.IGNORECASE):
        return _explain_code(str(spec).upper(), as_json=as_json)
    if not spec.exists():
        raise click.BadParameter(f"File '{spec}' does not exist.", param_hint="SPEC")
    if key is None:
        raise click.UsageError("Missing argument 'KEY'.")
    from mlspec.specs.explain import explain

    explained = explain(project_of(spec, environment, overrides).checked, key)
    if as_json:
        show_json(explained.as_json())
    else:
        say(explained.as_text())
    return 0


def _explain_code(code: str, *, as_json: bool) -> int:
    from dataclasses import asdict

    from mlspec.specs.codes import code_page, pages
    from mlspec.specs.diagnostics import Diagnostic, SpecError
    from mlspec.specs.nearest import hint_for

    if code not in pages():
        raise SpecError([Diagnostic("ML806", f"{code} is no diagnostic's code", hint=hint_for(code, pages(), "codes"))])
    if as_json:
        show_json(asdict(pages()[code]))
    else:
        say(f"{code}: {code_page(code).rstrip()}")
    return 0
