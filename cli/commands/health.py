"""`workerkit health`: asks a running mock whether it answers."""

from __future__ import annotations

import sys

import click

from workerkit.cli.echo import echo
from workerkit.cli.options.option_types import DURATION, token_from
from workerkit.mockserver.control.health_check import NotHealthyError, RunningMock, mock_of_ready_file


@click.command("health")
@click.option("--ready-file", metavar="FILE", help="The mock that wrote FILE (serve --ready-file).")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="A mock on this machine."
)
@click.option("--control-token-file", metavar="FILE", help="FILE has the control token of the mock.")
@click.option(
    "--timeout", type=DURATION, default="3s", show_default=True, metavar="TIME", help="How long to wait."
)
def command(ready_file: str | None, port: int, control_token_file: str | None, timeout: float) -> None:
    """Exits with 0 if a mock of `workerkit serve` answers, else with 1. For the health check of a container.

    With --ready-file, the address and the token come from the file.

    \b
    Example:
      workerkit health --port 8080
      workerkit health --ready-file ready.json
    """
    try:
        _mock(ready_file, port, control_token_file).check(timeout)
    except NotHealthyError as error:
        echo(f"workerkit: {error}", err=True)
        sys.exit(1)


def _mock(ready_file: str | None, port: int, token_file: str | None) -> RunningMock:
    if ready_file is not None:
        return mock_of_ready_file(ready_file)
    token = None if token_file is None else token_from(token_file)
    return RunningMock(f"http://127.0.0.1:{port}/_mock", token)
