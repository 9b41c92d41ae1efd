"""`workerkit watch`: shows a running mock in the terminal, live."""

from __future__ import annotations

import sys

import click

from workerkit.cli.options.option_types import token_from
from workerkit.cli.watch.control_client import ControlClient
from workerkit.cli.watch.watch_app import WatchApp
from workerkit.cli.watch.watched_world import WatchedWorld


@click.command("watch")
@click.argument("url", default="http://127.0.0.1:8080", required=False)
@click.option("--world", metavar="NAME", help="The world to watch. Without it, the first world of the mock.")
@click.option(
    "--control-token-file", metavar="FILE", help="The control token of the mock is the content of FILE."
)
def command(url: str, world: str | None, control_token_file: str | None) -> None:
    """Shows the requests, the tasks and the verdict of a running mock, live.

    URL is the address of the mock; http://127.0.0.1:8080 if it is left out. Keys: 1, 2 and 3 choose what to
    see, the arrow keys choose a request, q quits. When the mock starts again, watch follows it.

    \b
    Example:
      workerkit watch
      workerkit watch http://127.0.0.1:8090 --world default
    """
    client = ControlClient(url, token_from(control_token_file) if control_token_file else None)
    worlds = client.worlds()
    if world is not None and world not in worlds:
        raise click.UsageError(f"the mock has no world {world}; it has {', '.join(worlds) or 'none'}")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError(f"watch needs a terminal. For programs: curl -N {client.address}/_mock/events")
    with WatchedWorld(client, world) as watched:
        WatchApp(watched, client.address).run()
