"""`workerkit record`: records the exchanges between a worker and a server in a capsule."""

from __future__ import annotations

from pathlib import Path
from random import SystemRandom

import click

from workerkit.cli.echo import echo
from workerkit.contracts.relations.violations import violations
from workerkit.contracts.resend.address import address_of
from workerkit.contracts.target.target import BadTargetError
from workerkit.mockserver.atomic_file import write_atomically
from workerkit.mockserver.capsules.file.any_recording import read_recording, without_secrets
from workerkit.mockserver.capsules.file.capsule import RecordedExchange
from workerkit.mockserver.capsules.file.rename_ids import with_new_ids
from workerkit.mockserver.capsules.file.writer import capsule_text
from workerkit.mockserver.capsules.record.session import record


@click.command("record")
@click.option("--upstream", metavar="URL", help="The base URL of the API on the server.")
@click.option(
    "--from",
    "source",
    metavar="FILE",
    help="Do not record. Make the capsule from a HAR, from a journal, or from the FILE.part of a recording "
    "that was interrupted.",
)
@click.option(
    "--out",
    required=True,
    metavar="FILE",
    help="The capsule file. Until the recording ends, its name is FILE.part.",
)
@click.option(
    "--rename-ids", is_flag=True, help="With --from: replace all ids. The new ids have the same order."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0: any free port."
)
@click.option("--ready-file", metavar="FILE", help="The recorder writes its URL here when it is ready.")
def command(
    upstream: str | None,
    source: str | None,
    out: str,
    rename_ids: bool,
    host: str,
    port: int,
    ready_file: str | None,
) -> None:
    """Runs a proxy between a worker and a server, and writes a capsule: a file that anyone can replay.

    The proxy changes nothing. The capsule has all exchanges. Keys, passwords and e-mail addresses in the
    capsule are replaced. The command prints a line for each exchange that does not follow the API page. It
    ends at SIGINT or SIGTERM.

    \b
    Example:
      workerkit record --upstream https://staging.example/api/v1/worker --out bug.yaml
      workerkit record --from browser.har --out bug.yaml
    """
    if (upstream is None) == (source is None):
        raise click.UsageError("give either --upstream URL or --from FILE")
    if source is not None:
        capsule = without_secrets(read_recording(Path(source)))
        capsule = with_new_ids(capsule, SystemRandom()) if rename_ids else capsule
        write_atomically(out, capsule_text(capsule).encode("utf-8", "surrogatepass"), secret=True)
        _print_result(out, len(capsule.recorded))
    elif rename_ids:
        raise click.UsageError(
            "--rename-ids needs --from: a running recording must keep the ids of the server"
        )
    elif upstream is not None:
        _print_result(out, _record(upstream, out, host, port, ready_file))


def _record(upstream: str, out: str, host: str, port: int, ready_file: str | None) -> int:
    try:
        address = address_of(upstream)
    except BadTargetError as error:
        raise click.UsageError(f"--upstream: {error}") from None
    return record(
        address,
        out,
        host=host,
        port=port,
        ready_file=ready_file,
        print_line=echo,
        on_exchange=_list_violations,
    )


def _print_result(out: str, count: int) -> None:
    exchanges = f"{count} exchange{'' if count == 1 else 's'}"
    echo(f"{out}: {exchanges}. Send the requests again: workerkit replay {out}")
    echo(f"Or run a worker against the recorded answers: workerkit replay {out} -- COMMAND")


def _list_violations(original: RecordedExchange, recorded: RecordedExchange) -> None:
    # The bodies of the original exchange are parsed already, so this check is fast.
    if not violations(original.exchange):
        return
    exchange = recorded.exchange
    for violation in violations(exchange):
        echo(f"{exchange.method} {exchange.path} -> {exchange.status or recorded.ending}: {violation}")
