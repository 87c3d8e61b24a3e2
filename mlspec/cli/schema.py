"""`mlspec schema`: the JSON Schema of the language."""

import click

from mlspec.cli.terminal import show_json


@click.command("schema")
def command() -> int:
    """Print the JSON Schema that editors use to complete and check specs.

    \b
    Example:
      mlspec schema > mlspec.schema.json
    """
    from mlspec.specs.examples import schema_with_examples

    show_json(schema_with_examples())
    return 0
