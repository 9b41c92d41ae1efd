"""`workerkit scenario schema`: prints the JSON Schema of scenario files."""

from __future__ import annotations

import click

from workerkit.scenarios.loading.editor_schema import schema_text


@click.command("schema")
def command() -> None:
    """Prints the JSON Schema of scenario files. With it, an editor can check and complete them.

    \b
    Example:
      workerkit scenario schema > scenario.schema.json
    """
    click.echo(schema_text(), nl=False)
