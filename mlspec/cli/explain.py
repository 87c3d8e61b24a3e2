"""`mlspec explain`: a key, or a diagnostic's code, in; what it is, what is allowed, and where it came from, out."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlspec.cli.options import json_option, library_option
from mlspec.cli.placing import placed_checked
from mlspec.cli.project import project_of
from mlspec.cli.terminal import next_command, say, show_json, table

if TYPE_CHECKING:
    from mlspec.specs.checked import Checked


@click.command("explain")
@click.argument("spec", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("key", required=False)
@click.option("--env", "environment", default="dev", show_default=True, help="Which environment's overlay to use.")
@library_option
@click.option("--set", "overrides", multiple=True, metavar="OVERRIDE", help="May be repeated.")
@json_option
def command(spec: Path, key: str | None, *, environment: str, overrides: tuple[str, ...], as_json: bool) -> int:
    """Say what KEY of SPEC is, what is allowed, and where its value came from; of all keys, or of a code, when that is
    what is given.

    \b
    Example:
      mlspec explain flight-delay.yaml serving.memory --env prod
      mlspec explain flight-delay.yaml
      mlspec explain ML204
    """
    if key is None and re.fullmatch(r"ML\d{3}", str(spec), re.IGNORECASE):
        return _explain_code(str(spec).upper(), as_json=as_json)
    if not spec.exists():
        raise click.BadParameter(f"File '{spec}' does not exist.", param_hint="SPEC")
    checked = placed_checked(project_of(spec, environment, overrides).checked, spec.parent)
    done = _explain_all(checked, as_json=as_json) if key is None else _explain_one(checked, key, as_json=as_json)
    if not as_json:
        next_command(f"mlspec explain {spec} serving.memory" if key is None else f"mlspec show {spec}")
    return done


def _explain_one(checked: "Checked", key: str, *, as_json: bool) -> int:
    from mlspec.specs.explain import explain

    explained = explain(checked, key)
    if as_json:
        show_json(explained.as_json())
    else:
        say(explained.as_text())
    return 0


def _explain_all(checked: "Checked", *, as_json: bool) -> int:
    from mlspec.specs.explain import explain_all
    from mlspec.specs.explain_words import shortened_line

    every = explain_all(checked)
    if as_json:
        show_json({"environment": checked.spec.environment, "keys": [explained.as_json() for explained in every]})
        return 0
    rows = []
    for explained in every:
        won, lock = explained.chain[-1], explained.lock
        row = (explained.key, shortened_line(explained.value, 40), won.source, won.place, lock.owner if lock else "")
        rows.append(row)
    table(("key", "value", "from", "at", "final by"), rows)
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
