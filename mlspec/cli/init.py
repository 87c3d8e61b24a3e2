"""`mlspec init`: a template's name, or data, in; a spec that validates out."""

from pathlib import Path

import click

from mlspec.cli.exits import Exit
from mlspec.cli.outputs import writing
from mlspec.cli.project import Project
from mlspec.cli.terminal import next_command, say

TEMPLATES = ("binary", "multiclass", "regression", "team")


@click.command("init")
@click.argument("words", nargs=-1, metavar="[TEMPLATE] SPEC")
@click.option("--from", "data", type=click.Path(exists=True, path_type=Path), help="Draft SPEC from this data.")
@click.option("--label", help="Of the data: the column to predict [guessed].")
@click.option("--owner", default="owner@example.com", show_default=True, help="Of the data: who answers for the model.")
@click.option("--name", help="The model's name [the file's].")
@click.option("--force", is_flag=True, help="Overwrite SPEC.")
def command(
    words: tuple[str, ...], *, data: Path | None, label: str | None, owner: str, name: str | None, force: bool
) -> int:
    """Write a new SPEC from TEMPLATE (binary, multiclass, regression; team, with a library beside it), or from data.

    \b
    Example:
      mlspec init binary churn.yaml
      mlspec init team models/churn.yaml
      mlspec init churn.yaml --from rows.parquet --label left
    """
    template, spec = _arguments(words, data)
    if data is None and label is not None:
        raise click.UsageError("--label goes with --from")
    if spec.is_dir():
        raise click.BadParameter(f"{spec} is a folder: name a file in it", param_hint="SPEC")
    if spec.exists() and not force:
        click.echo(f"{spec} exists: add --force to overwrite it", err=True)
        return int(Exit.USAGE)
    if not spec.parent.is_dir():
        raise click.BadParameter(f"there is no folder {spec.parent}", param_hint="SPEC")
    model = name or spec.stem.replace("_", "-").lower()
    text = _template(template, model) if data is None else _draft(data, spec, (model, owner, label))
    with writing(spec):
        spec.write_text(text, encoding="utf-8")
        say(f"wrote {spec}")
        if data is None:
            _write_beside(template, spec.parent)
    next_command(f"mlspec validate {spec}", f"mlspec plan {spec}", of=Project(spec))
    return int(Exit.DONE)


def _arguments(words: tuple[str, ...], data: Path | None) -> tuple[str, Path]:
    if len(words) != (2 if data is None else 1):
        raise click.UsageError("give TEMPLATE and SPEC, or SPEC and --from DATA")
    if data is None and words[0] not in TEMPLATES:
        raise click.BadParameter(f"'{words[0]}' is not one of {', '.join(TEMPLATES)}", param_hint="TEMPLATE")
    return words[0], Path(words[-1])


def _template(template: str, model: str) -> str:
    from mlspec.specs.init import init_spec

    return init_spec(template, model)


def _write_beside(template: str, folder: Path) -> None:
    """A library that is there already stays as it is: another spec over it is what was asked for."""
    from mlspec.specs.init import files_beside

    for name, text in files_beside(template).items():
        path = folder / name
        if path.exists():
            say(f"kept {path}")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        say(f"wrote {path}")


def _draft(data: Path, spec: Path, asked: tuple[str, str, str | None]) -> str:
    from mlspec.cli.facts import facts_of, read_rows
    from mlspec.cli.telling import telling
    from mlspec.specs.draft import choose_label, draft_spec, features_of
    from mlspec.specs.init import check_name

    model, owner, label = asked
    check_name(model)
    rows = read_rows(data)
    facts = facts_of(rows, data, beside=spec.parent)
    answer = choose_label(facts, label)
    alone = telling(rows, answer, features_of(facts, answer))
    text = draft_spec(facts, answer, name=model, owner=owner, alone=alone)
    say(f"{'guessed' if label is None else 'took'} the label: {answer.name}")
    if alone:
        say(f"{len(alone)} of the features alone nearly tell it: see data.checks, and judge them", "risk")
    return text
