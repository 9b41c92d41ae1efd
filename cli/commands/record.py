"""`workerkit record`: a capsule of what goes between a worker and a server."""

from __future__ import annotations

from pathlib import Path
from random import SystemRandom

import click

from workerkit.contracts.relations.violations import violations
from workerkit.contracts.resend.address import address_of
from workerkit.contracts.target.target import BadTargetError
from workerkit.mockserver.atomic_file import write_whole
from workerkit.mockserver.capsules.file.any_recording import read_traffic, without_secrets
from workerkit.mockserver.capsules.file.capsule import Recorded
from workerkit.mockserver.capsules.file.rename_ids import with_other_ids
from workerkit.mockserver.capsules.file.writer import capsule_text
from workerkit.mockserver.capsules.record.session import record


@click.command("record")
@click.option("--upstream", metavar="URL", help="The server; ends in /api/v1/worker.")
@click.option("--from", "source", metavar="FILE", help="Make it of a HAR, a journal or a FILE.part instead.")
@click.option("--out", required=True, metavar="FILE", help="The capsule; while it records, FILE.part.")
@click.option("--rename-ids", is_flag=True, help="With --from: other ids, which sort as the old ones do.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0: a free one.")
@click.option("--ready-file", metavar="FILE", help="Written when the recorder answers.")
def command(
    upstream: str | None,
    source: str | None,
    out: str,
    rename_ids: bool,
    host: str,
    port: int,
    ready_file: str | None,
) -> None:
    """Stands between a worker and a server, passes everything on as it is, and writes a capsule of it.

    Keys, passwords and e-mail addresses are replaced before anything is written. What either side does
    against the API's page is listed as it comes. Ends at SIGINT or SIGTERM.

    \b
    Example:
      workerkit record --upstream https://staging.example/api/v1/worker --out bug.yaml
      workerkit record --from browser.har --out bug.yaml
    """
    if (upstream is None) == (source is None):
        raise click.UsageError("say what to record with either --upstream URL or --from FILE")
    if source is not None:
        capsule = without_secrets(read_traffic(Path(source)))
        capsule = with_other_ids(capsule, SystemRandom()) if rename_ids else capsule
        write_whole(out, capsule_text(capsule).encode("utf-8", "surrogatepass"), secret=True)
        _tell(out, len(capsule.recorded))
    elif rename_ids:
        raise click.UsageError("--rename-ids goes with --from: a recording keeps the ids of its server")
    elif upstream is not None:
        _tell(out, _recorded(upstream, out, host, port, ready_file))


def _recorded(upstream: str, out: str, host: str, port: int, ready_file: str | None) -> int:
    try:
        address = address_of(upstream)
    except BadTargetError as error:
        raise click.UsageError(f"--upstream: {error}") from None
    return record(
        address, out, host=host, port=port, ready_file=ready_file, say=click.echo, watch=_list_violations
    )


def _tell(out: str, count: int) -> None:
    held = f"{count} exchange{'' if count == 1 else 's'}"
    click.echo(f"{out}: {held}. See the same again with: workerkit replay {out}")
    click.echo(f"Or let a worker go through the same again: workerkit replay {out} -- COMMAND")


def _list_violations(came: Recorded, recorded: Recorded) -> None:
    if not violations(came.exchange):  # whose bodies are read already
        return
    exchange = recorded.exchange
    for violation in violations(exchange):
        click.echo(f"{exchange.method} {exchange.path} -> {exchange.status or recorded.ending}: {violation}")
