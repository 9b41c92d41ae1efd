"""`workerkit serve`: the mock on a port."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path

import click

from workerkit.cli.token_option import TokenOption
from workerkit.mockserver.capsules.capture.folder import CapsuleFolder
from workerkit.mockserver.capsules.capture.world_watch import WorldWatch, kept
from workerkit.mockserver.observers.journal_file import JournalFile, written_to
from workerkit.mockserver.observers.json_log import logged_as_json
from workerkit.mockserver.server.foreground import serve_until_signal
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.spec.dialect import Dialect, read_dialect
from workerkit.scenarios.library import library


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0: a free one.")
@click.option("--scenario", metavar="NAME|FILE", help="Begin in this scenario.")
@click.option("--world", metavar="FILE", help="What the world holds, as YAML: the `world` of a scenario.")
@click.option("--dialect", metavar="FILE", help="The way to go where the page is silent, as YAML.")
@click.option("--seed", type=click.IntRange(0), help="The same seed: the same world, time and answers.")
@click.option("--ready-file", metavar="FILE", help="Written when the mock answers.")
@click.option("--journal", metavar="FILE", help="Write each exchange, masked: HAR for .har, else JSON lines.")
@click.option(
    "--save-capsules",
    metavar="DIR",
    help="Write a capsule of each world that ends: where its scenario failed, or where it has none.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="On standard error: text, errors only; json, each exchange and change as well, a line each.",
)
@click.option(
    "--control-token",
    cls=TokenOption,
    metavar="TOKEN",
    help="Let whoever has it use the control plane. At least 16 characters.",
)
def command(
    host: str,
    port: int,
    scenario: str | None,
    world: str | None,
    dialect: str | None,
    seed: int | None,
    ready_file: str | None,
    journal: str | None,
    save_capsules: str | None,
    log_format: str,
    control_token: str | None,
) -> None:
    """Serves the mock until SIGINT or SIGTERM.

    With --save-capsules it leaves a bug report to replay, when it ends and when a world is reset, replaced or
    deleted: SCENARIO.yaml where the scenario's verdict is fail then; without a scenario WORLD.yaml, which is
    default.yaml for the world that it serves.

    \b
    Example:
      workerkit serve --port 8080
      curl -H 'X-API-Key: your-server-key' http://127.0.0.1:8080/api/v1/worker/tasks
      workerkit serve --scenario key-revoked --save-capsules capsules
    """
    worlds = Worlds()
    builder = WorldBuilder(
        library.find(scenario) if scenario else None,
        library.find_world(world) if world else None,
        seed,
        read_dialect(Path(dialect)) if dialect else Dialect(),
    )
    worlds.add(DEFAULT, builder)
    file = JournalFile(journal) if journal else None
    keeper = WorldWatch(CapsuleFolder(Path(save_capsules)), click.echo) if save_capsules else None
    mock = MockServer(worlds, host=host, port=port, token=control_token)
    log = logged_as_json(worlds, sys.stderr) if log_format == "json" else nullcontext()
    with kept(keeper, worlds), log, written_to(file, worlds), mock:
        serve_until_signal(mock, say=click.echo, ready_file=ready_file, token=control_token)
