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
from workerkit.mockserver.capsules.file.capsule import RecordedExchange
from workerkit.mockserver.capsules.file.rename_ids import with_new_ids
from workerkit.mockserver.capsules.file.writer import capsule_text
from workerkit.mockserver.capsules.other_tools.any_recording import read_recording, without_secrets
from workerkit.mockserver.capsules.other_tools.har_capsule import har_text
from workerkit.mockserver.capsules.record.session import record
from workerkit.openapi.masking.secret_choice import SecretChoice

_HAR = ".har"


@click.command("record")
@click.option("--upstream", metavar="URL", help="The base URL of the API on the server.")
@click.option(
    "--from",
    "source",
    metavar="FILE",
    help="Do not record. Make the capsule from a HAR, a journal, a recording of mitmproxy or VCR, a capsule, "
    "or the FILE.part of a recording that was interrupted.",
)
@click.option(
    "--out",
    required=True,
    metavar="FILE",
    help="The capsule file. Until the recording ends, its name is FILE.part. With --from: if the name ends "
    "in .har, a HAR is written.",
)
@click.option(
    "--rename-ids", is_flag=True, help="With --from: replace all ids. The new ids have the same order."
)
@click.option(
    "--base-path",
    metavar="PATH",
    help="With --from: the base path of the API in the recording, if it is not the one of the API page.",
)
@click.option(
    "--secret", multiple=True, metavar="WORD", help="Replace this word, too. May be given several times."
)
@click.option(
    "--keep",
    multiple=True,
    metavar="WORD",
    help="Do not replace this word, even if it is a secret. May be given several times.",
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
    base_path: str | None,
    secret: tuple[str, ...],
    keep: tuple[str, ...],
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
      workerkit record --from bug.yaml --out bug.har
    """
    if (upstream is None) == (source is None):
        raise click.UsageError("give either --upstream URL or --from FILE")
    choice = _choice(secret, keep)
    if source is not None:
        _convert(source, out, _base_path(base_path), choice, rename_ids=rename_ids)
    elif rename_ids or base_path is not None:
        option = "--rename-ids" if rename_ids else "--base-path"
        raise click.UsageError(f"{option} needs --from: a running recording changes no request and no answer")
    elif Path(out).suffix.lower() == _HAR:
        raise click.UsageError(
            "--out: a recording is written as a capsule. Then make a HAR of it: "
            f"workerkit record --from CAPSULE --out {out}"
        )
    elif upstream is not None:
        _print_result(out, _record(upstream, out, host, port, ready_file, choice))


def _choice(secret: tuple[str, ...], keep: tuple[str, ...]) -> SecretChoice:
    try:
        return SecretChoice(hide=secret, keep=keep)
    except ValueError as error:
        raise click.UsageError(f"--secret: {error}") from None


def _base_path(given: str | None) -> str | None:
    if given is not None and not given.startswith("/"):
        raise click.UsageError(f"--base-path: {given} must begin with a slash, for example /staging/v2")
    return given.rstrip("/") if given is not None else None


def _convert(source: str, out: str, base_path: str | None, choice: SecretChoice, *, rename_ids: bool) -> None:
    """Writes the recording `source` as a capsule, or as a HAR if the name `out` ends in `.har`."""
    capsule = without_secrets(read_recording(Path(source), base_path=base_path, choice=choice), choice)
    capsule = with_new_ids(capsule, SystemRandom()) if rename_ids else capsule
    is_har = Path(out).suffix.lower() == _HAR
    text = har_text(capsule) if is_har else capsule_text(capsule)
    write_atomically(out, text.encode("utf-8", "surrogatepass"), secret=True)
    for note in capsule.notes:
        echo(f"Note: {note}")
    _print_result(out, len(capsule.recorded))


def _record(
    upstream: str, out: str, host: str, port: int, ready_file: str | None, choice: SecretChoice
) -> int:
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
        choice=choice,
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
