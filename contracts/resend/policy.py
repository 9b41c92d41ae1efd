"""What a capsule may do to a server when its requests are sent there again, and by which keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from workerkit.contracts.gate.write_policy import KNOWN_HEADERS, Draft, WritePolicy
from workerkit.contracts.target.plan import Writes
from workerkit.contracts.target.target import BASE_PATH
from workerkit.mockserver.capsules.file.capsule import Capsule, Recorded
from workerkit.openapi.errors import UsageError
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import worker_api

_MOST_NAMED = 3


class NotPermittedError(UsageError, ValueError):
    """A capsule must not be sent as asked; the text says why and what to give."""


def permitted(capsule: Capsule, writes: Writes) -> Capsule:
    """The capsule as it may be sent to a server: all of it or, where nothing may change, lists alone.

    Where nothing may change, headers that the API does not know do not leave: there are servers that take
    another method from them. Raises MayNotLeave where a request could change something.
    """
    if writes is Writes.ALL:
        return capsule
    plain = replace(capsule, recorded=tuple(map(_plain, capsule.recorded)))
    permit = WritePolicy(writes)
    refused = [
        recorded.exchange
        for recorded in plain.recorded
        if permit.refusal(_draft(recorded.exchange)) is not None
    ]
    if refused:
        raise NotPermittedError(
            f"{len(refused)} of its {len(plain.recorded)} requests may change something there "
            f"({_named(refused)}), and nothing was sent: --writes {writes} does not allow it, which is the "
            "default for a target that is not on this machine. Where all that may change, give --writes all"
        )
    return plain


def keys_for(capsule: Capsule, given: tuple[str, ...]) -> Mapping[str, str]:
    """Which given key takes the place of which recorded one: first those that a server let in, as they come.

    Keys that were always refused stay as they are, unless there are no others. Raises MayNotLeave where a key
    is missing.
    """
    let_in = _keys(recorded for recorded in capsule.recorded if recorded.exchange.status not in (None, 401))
    if len(let_in) > len(given):
        missing = ("--api-key", "--other-api-key")[min(len(given), 1)]
        raise NotPermittedError(
            f"no key in it is a real one, and requests came with {len(let_in)} that the server knew: give "
            f"{missing} KEY, or set WORKERKIT_{missing[2:].upper().replace('-', '_')}"
        )
    return dict(zip(let_in or _keys(capsule.recorded), given, strict=False))


def _keys(recorded: Iterable[Recorded]) -> list[str]:
    name = worker_api().key_header
    found = (each.exchange.header(name) for each in recorded)
    return list(dict.fromkeys(filter(None, found)))


def _plain(recorded: Recorded) -> Recorded:
    known = KNOWN_HEADERS | {worker_api().key_header, "content-type"}
    headers = tuple(
        request_header for request_header in recorded.exchange.request_headers if request_header[0] in known
    )
    return replace(recorded, exchange=replace(recorded.exchange, request_headers=headers))


def _draft(exchange: Exchange) -> Draft:
    path = exchange.path.removeprefix(BASE_PATH)
    return Draft(exchange.method, path, exchange.query, exchange.request_headers, exchange.request_body)


def _named(refused: list[Exchange]) -> str:
    counts = Counter(each.operation or f"{each.method} {each.path}" for each in refused)
    told = [f"{name} {count} times" if count > 1 else name for name, count in counts.most_common(_MOST_NAMED)]
    return ", ".join([*told, *(["..."] if len(counts) > _MOST_NAMED else [])])
