"""`workerkit serve`: runs the mock on a port."""

from __future__ import annotations

import gc
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import click

from workerkit.cli.console import console
from workerkit.cli.echo import echo
from workerkit.cli.options.option_types import DURATION, TokenOption, token_from
from workerkit.cli.request_printer import requests_printed
from workerkit.cli.setup.completed_names import scenario_names
from workerkit.mockserver.capsules.capture.capsule_observer import CapsuleObserver, watch_worlds
from workerkit.mockserver.capsules.capture.folder import CapsuleFolder
from workerkit.mockserver.mutation.mutated_process import mutate_process
from workerkit.mockserver.observers.journal_file import JournalFile, journal_exchanges_to
from workerkit.mockserver.observers.json_log import log_as_json
from workerkit.mockserver.server.foreground import serve_until_signal
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.server.tls import TlsFiles, temporary_certificate
from workerkit.mockserver.state.kept_worlds import worlds_kept_in
from workerkit.mockserver.worlds.own_port import check_shares_port
from workerkit.mockserver.worlds.worker_control import check_needs_no_worker
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.world_expiry import WorldExpiry
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.spec.dialect import Dialect, read_dialect
from workerkit.scenarios.library import library


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0: any free port."
)
@click.option(
    "--scenario", metavar="NAME|FILE", shell_complete=scenario_names, help="Start with this scenario."
)
@click.option(
    "--world", metavar="FILE", help="The content of the world: YAML in the form of a scenario's `world`."
)
@click.option("--dialect", metavar="FILE", help="Values for what the API page leaves open, as YAML.")
@click.option("--seed", type=click.IntRange(0), help="The same seed gives the same world, times and answers.")
@click.option("--ready-file", metavar="FILE", help="The mock writes its URL here when it is ready.")
@click.option(
    "--journal",
    metavar="FILE",
    help="Write all exchanges to FILE, without secrets: as HAR if FILE ends in .har, else as JSON lines.",
)
@click.option(
    "--save-capsules",
    metavar="DIR",
    help="Write a capsule of each world when it ends, if its scenario failed or if it has no scenario.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The log on standard error. text: errors only. json: also each exchange and each change.",
)
@click.option("--quiet", is_flag=True, help="Print nothing but errors: no addresses, keys and requests.")
@click.option(
    "--control-token",
    cls=TokenOption,
    metavar="TOKEN",
    help="Clients with this token may use the control plane (/_mock). At least 16 characters. All users of "
    "this machine can see a command line, so --control-token-file is safer.",
)
@click.option(
    "--control-token-file", metavar="FILE", help="Like --control-token, but the token is the content of FILE."
)
@click.option(
    "--state",
    metavar="FILE",
    help="Keep the worlds in FILE, with their keys and passwords, and go on with them after a restart.",
)
@click.option(
    "--state-interval",
    type=DURATION,
    default="5s",
    show_default=True,
    metavar="TIME",
    help="How often worlds that have changed are saved to --state, besides at the end.",
)
@click.option(
    "--otel",
    is_flag=True,
    help="Send OpenTelemetry traces: a span for each request. The environment variables OTEL_* say where to.",
)
@click.option(
    "--most-worlds",
    type=click.IntRange(1),
    default=10_000,
    show_default=True,
    help="How many worlds there may be at one time.",
)
@click.option(
    "--world-ttl",
    type=DURATION,
    default="24h",
    show_default=True,
    metavar="TIME",
    help="Remove a world that nobody has used for this time. The first world, `default`, stays.",
)
@click.option(
    "--cors",
    metavar="ORIGIN",
    multiple=True,
    help="Web pages of ORIGIN, for example http://localhost:3000, may use the Worker API. Repeatable.",
)
@click.option("--tls", is_flag=True, help="Use https, with a certificate that is made for this run.")
@click.option("--tls-cert", metavar="FILE", help="Use https, with this certificate (PEM).")
@click.option("--tls-key", metavar="FILE", help="The private key of --tls-cert (PEM).")
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
    quiet: bool,
    control_token: str | None,
    control_token_file: str | None,
    state: str | None,
    state_interval: float,
    otel: bool,
    most_worlds: int,
    world_ttl: float,
    cors: tuple[str, ...],
    tls: bool,
    tls_cert: str | None,
    tls_key: str | None,
) -> None:
    """Runs the mock until SIGINT or SIGTERM. Prints its URLs, its API keys and a curl command to try it.

    On a terminal it also prints one line for each request, and why a request was refused or which rule of
    the scenario was broken. Equal requests are one line with their number. --quiet and --log-format json
    turn these lines off.

    With --save-capsules, the mock writes a capsule for `workerkit replay` each time a world ends. A world
    ends when it is reset, replaced or deleted, and when the mock ends. In a scenario, the file is
    SCENARIO.yaml, and it is written only if the verdict is fail. Without a scenario, the file is WORLD.yaml,
    for example default.yaml.

    \b
    Example:
      workerkit serve --port 8080
      workerkit serve --scenario key-revoked --save-capsules capsules
    """
    mutate_process()
    token = _token(control_token, control_token_file)
    print_line = _print_nothing if quiet else echo
    worlds = Worlds(most_worlds)
    chosen_scenario = library.find(scenario) if scenario else None
    check_shares_port(chosen_scenario)
    check_needs_no_worker(chosen_scenario)
    builder = WorldBuilder(
        chosen_scenario,
        library.find_world(world) if world else None,
        seed,
        read_dialect(Path(dialect)) if dialect else Dialect(),
    )
    journal_file = JournalFile(journal) if journal else None
    capsules = CapsuleObserver(CapsuleFolder(Path(save_capsules)), print_line) if save_capsules else None
    expiry = WorldExpiry(worlds, world_ttl, print_line)
    is_given = any(option is not None for option in (scenario, world, dialect, seed))
    kept = worlds_kept_in(state, worlds, builder, is_given=is_given, interval=state_interval)
    # If nobody takes the traces, their end takes seconds. The worlds are saved before.
    traces = _traces(worlds) if otel else nullcontext()
    with traces, kept as save_worlds, _tls_files(host, tls, tls_cert, tls_key) as files:
        gc.freeze()  # the first worlds and the modules stay: searching them for garbage takes long pauses
        mock = WorldServer(
            worlds,
            host=host,
            port=port,
            token=token,
            expiry=expiry,
            background=save_worlds,
            tls=files,
            origins=cors,
        )
        log = log_as_json(worlds, sys.stderr) if log_format == "json" else nullcontext()
        lines = requests_printed(mock, console(), is_wanted=not quiet and log_format == "text")
        journal_lines = journal_exchanges_to(journal_file, worlds)
        with watch_worlds(capsules, worlds), log, journal_lines, mock, lines:
            serve_until_signal(mock, print_line=print_line, ready_file=ready_file, token=token)


def _print_nothing(text: str) -> None:
    """Prints nothing, for --quiet."""


def _token(token: str | None, file: str | None) -> str | None:
    if token is not None and file is not None:
        raise click.UsageError("give either --control-token or --control-token-file")
    return token if file is None else token_from(file)


def _traces(worlds: Worlds) -> AbstractContextManager[None]:
    try:
        # These packages are an extra, and importing them takes 0.3 s.
        from workerkit.mockserver.traces.request_traces import requests_traced
    except ImportError:
        raise click.UsageError("--otel needs opentelemetry: pip install 'likepion-workerkit[otel]'") from None
    return requests_traced(worlds)


def _tls_files(
    host: str, is_made: bool, certificate: str | None, key: str | None
) -> AbstractContextManager[TlsFiles | None]:
    if (certificate is None) != (key is None):
        raise click.UsageError("--tls-cert and --tls-key belong together: give both, or use --tls")
    if certificate is not None and key is not None:
        return nullcontext(TlsFiles(certificate, key))
    return temporary_certificate(host) if is_made else nullcontext()
