"""`python -m benchmarks.generators`: generates clients and calls the mock with them. Writes results.md."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks.generators.expected_calls import new_caller
from benchmarks.generators.generated_client import Generator, MissingToolError, Workspace
from benchmarks.generators.go.openapi_generator import openapi_generator_go
from benchmarks.generators.java.openapi_generator import openapi_generator_java
from benchmarks.generators.php.openapi_generator import openapi_generator_php
from benchmarks.generators.python.datamodel_code_generator import datamodel_code_generator
from benchmarks.generators.python.openapi_generator import openapi_generator_python
from benchmarks.generators.python.openapi_python_client import openapi_python_client
from benchmarks.generators.servers_and_converters.bruno import bruno
from benchmarks.generators.servers_and_converters.postman import postman
from benchmarks.generators.servers_and_converters.prism import prism
from benchmarks.generators.servers_and_converters.specmatic import specmatic
from benchmarks.generators.servers_and_converters.taken_spec import Tool
from benchmarks.generators.specs import write_specs
from benchmarks.generators.table import Row, client_row, page, tool_row
from benchmarks.generators.typescript.hey_api import hey_api
from benchmarks.generators.typescript.openapi_fetch import openapi_fetch
from benchmarks.generators.typescript.openapi_generator import openapi_generator_typescript
from benchmarks.generators.typescript.orval import orval
from benchmarks.machine import Machine
from workerkit.mockserver import MockServer

GENERATORS: tuple[Generator, ...] = (
    openapi_python_client,
    datamodel_code_generator,
    openapi_generator_python,
    openapi_generator_typescript,
    openapi_generator_go,
    openapi_generator_php,
    openapi_generator_java,
    orval,
    hey_api,
    openapi_fetch,
)
TOOLS: tuple[Tool, ...] = (prism, specmatic, postman, bruno)
_NAMES = [function.__name__ for function in (*GENERATORS, *TOOLS)]
_RESULTS = Path(__file__).with_name("results.md")
Measure = Callable[[Workspace, str], Row]


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1, type=click.Choice(_NAMES))
def main(names: tuple[str, ...]) -> None:
    """Tries all generators and tools. With NAMES only these, and the page is printed and not written.

    The exit code is 1 if something failed that is no known defect of a generator.
    """
    machine = Machine()
    left_out: list[str] = []
    with TemporaryDirectory(prefix="workerkit-generators-") as folder, MockServer() as mock:
        rows = list(_rows(_measures(mock, names or _NAMES), Path(folder), left_out))
    text = page(rows, left_out, machine.description())
    if not names:
        _RESULTS.write_text(text, "utf-8")
    click.echo(text)
    sys.exit(0 if all(row.is_good for row in rows) else 1)


def _measures(mock: MockServer, names: Sequence[str]) -> dict[str, Measure]:
    """For each name the function that makes a row."""

    def measure_client(generator: Generator) -> Measure:
        def measure(workspace: Workspace, spec: str) -> Row:
            client = generator(workspace)
            return client_row(client, spec, new_caller(mock).run(client))

        return measure

    def measure_tool(tool: Tool) -> Measure:
        return lambda workspace, spec: tool_row(tool(workspace), spec)

    measures = {generator.__name__: measure_client(generator) for generator in GENERATORS}
    measures |= {tool.__name__: measure_tool(tool) for tool in TOOLS}
    return {name: measures[name] for name in measures if name in names}


def _rows(measures: dict[str, Measure], folder: Path, left_out: list[str]) -> Iterator[Row]:
    """The rows of all tools and specs. Adds the tools that this machine does not have to `left_out`."""
    specs = write_specs(folder)
    for name, measure in measures.items():
        try:
            for number, (spec, file) in enumerate(specs.items()):
                own_folder = folder / f"{name}-{number}"
                own_folder.mkdir()
                row = measure(Workspace(file, own_folder), spec)
                click.echo(f"{'ok' if row.is_good else 'FAIL'}  {' | '.join(row.cells())}")
                yield row
        except MissingToolError as error:
            left_out.append(f"{name}: {error}")
            click.echo(f"left out: {left_out[-1]}")


if __name__ == "__main__":
    main()
