"""`workerkit spec`: writes the API's OpenAPI document."""

from __future__ import annotations

from pathlib import Path

import click

from workerkit.mockserver.atomic_file import check_writable, write_atomically
from workerkit.openapi.spec.dialect import Dialect, read_dialect
from workerkit.openapi.spec.published import (
    FORMATS,
    VERSIONS,
    OpenapiVersion,
    SpecFormat,
    published_spec,
    spec_text,
)


@click.command("spec")
@click.option("--dialect", metavar="FILE", help="Values for what the API page leaves open, as YAML.")
@click.option(
    "--openapi",
    "version",
    type=click.Choice(VERSIONS),
    default="3.1",
    show_default=True,
    help="The version of OpenAPI. Some tools read only 3.0.",
)
@click.option("--format", "spec_format", type=click.Choice(FORMATS), default="yaml", show_default=True)
@click.option("--out", metavar="FILE", help="Write to FILE, not to standard output.")
def command(dialect: str | None, version: OpenapiVersion, spec_format: SpecFormat, out: str | None) -> None:
    """Writes the OpenAPI document of the Worker API, for generators of clients and other tools.

    The document describes a server with the dialect in --dialect. Without --dialect, it describes the mock
    with its default behaviour. A running mock serves the same document at /openapi.yaml and /openapi.json.

    \b
    Example:
      workerkit spec --out worker-api.yaml
      workerkit spec --dialect staging.yaml --openapi 3.0 --format json
    """
    if out is not None:
        check_writable(out)
    chosen = Dialect() if dialect is None else read_dialect(Path(dialect))
    text = spec_text(published_spec(chosen, version), spec_format)
    if out is None:
        click.echo(text, nl=False)
    else:
        write_atomically(out, text.encode())
