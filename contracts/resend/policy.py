"""Decides which requests of a capsule may be sent to a server, and which API keys they get."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from workerkit.contracts.gate.write_policy import KNOWN_HEADERS, Draft, WritePolicy
from workerkit.contracts.target.plan import Writes
from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.openapi.errors import UsageError
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import worker_api

_MAX_NAMED = 3


class NotPermittedError(UsageError, ValueError):
    """The capsule must not be sent with these options. The message says why and which option is needed."""


def capsule_to_send(capsule: Capsule, writes: Writes) -> Capsule:
    """The capsule as it may be sent to a server.

    With `Writes.ALL` this is the same capsule. Otherwise its requests must not change anything on the server.
    Then all headers that the API does not know are removed. Some servers read the HTTP method from a header,
    for example from `X-HTTP-Method-Override: DELETE`.

    Raises NotPermittedError if a request might change something and `writes` does not allow it.
    """
    if writes is Writes.ALL:
        return capsule
    with_known_headers = replace(capsule, recorded=tuple(map(_with_known_headers, capsule.recorded)))
    policy = WritePolicy(writes)
    refused = [
        recorded.exchange
        for recorded in with_known_headers.recorded
        if policy.refusal(_draft(recorded.exchange)) is not None
    ]
    if refused:
        raise NotPermittedError(
            f"nothing was sent: {len(refused)} of {len(capsule.recorded)} requests in the capsule might "
            f"change data on the server ({_names(refused)}), and --writes {writes} does not allow this. "
            "--writes none is the default for a server on another machine. To allow the changes, give "
            "--writes all. More: workerkit docs reference/capsules"
        )
    return with_known_headers


def key_replacements(capsule: Capsule, given: tuple[str, ...]) -> Mapping[str, str]:
    """The given API key for each recorded API key.

    Only recorded keys that the server accepted are replaced, in the order in which they first came. If the
    server accepted no recorded key, the refused keys are replaced.

    Raises NotPermittedError if fewer keys are given than the server accepted.
    """
    accepted = accepted_keys(capsule)
    if len(accepted) > len(given):
        missing = ("--api-key", "--other-api-key")[min(len(given), 1)]
        raise NotPermittedError(
            f"give {missing} KEY, or set WORKERKIT_{missing[2:].upper().replace('-', '_')}: the recorded "
            f"server accepted {len(accepted)} API {'key' if len(accepted) == 1 else 'keys'}, but the capsule "
            "contains no real keys. More: workerkit docs reference/capsules"
        )
    return dict(zip(accepted or _keys(capsule.recorded), given, strict=False))


def accepted_keys(capsule: Capsule) -> list[str]:
    """The recorded API keys that the server accepted, in the order in which they first came."""
    return _keys(recorded for recorded in capsule.recorded if recorded.exchange.status not in (None, 401))


def _keys(exchanges: Iterable[RecordedExchange]) -> list[str]:
    header = worker_api().key_header
    keys = (recorded.exchange.header(header) for recorded in exchanges)
    return list(dict.fromkeys(filter(None, keys)))


def _with_known_headers(recorded: RecordedExchange) -> RecordedExchange:
    known = KNOWN_HEADERS | {worker_api().key_header, "content-type"}
    headers = tuple((name, text) for name, text in recorded.exchange.request_headers if name in known)
    return replace(recorded, exchange=replace(recorded.exchange, request_headers=headers))


def _draft(exchange: Exchange) -> Draft:
    path = exchange.path.removeprefix(worker_api().base_path)
    return Draft(exchange.method, path, exchange.query, exchange.request_headers, exchange.request_body)


def _names(refused: list[Exchange]) -> str:
    counts = Counter(exchange.operation or f"{exchange.method} {exchange.path}" for exchange in refused)
    names = [f"{name} {count} times" if count > 1 else name for name, count in counts.most_common(_MAX_NAMED)]
    return ", ".join([*names, *(["..."] if len(counts) > _MAX_NAMED else [])])
