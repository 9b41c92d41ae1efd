"""Sends the requests of a capsule again and compares the new answers with the recorded answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.file.decompress import decompressed
from workerkit.mockserver.capsules.http.client import Address, send
from workerkit.mockserver.capsules.reconstruction.unrecorded_changes import shows_unrecorded_change
from workerkit.mockserver.capsules.replay.dialect_search import replay_in_best_dialect, shown_dialect
from workerkit.mockserver.capsules.replay.incomplete_replay import replay_incomplete
from workerkit.mockserver.capsules.replay.matching import AnswerSource
from workerkit.mockserver.capsules.replay.proof import is_proven
from workerkit.mockserver.capsules.replay.reconstructed_replay import (
    ReplayResult,
    beginning,
    replay_exchanges,
    replay_in_dialect,
    replay_in_world,
    replay_reconstructed,
)
from workerkit.mockserver.capsules.replay.replay_mock import answer_timeout, stored_world
from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.dialect import Dialect

_READING_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")


def replay(capsule: Capsule, *, name: str) -> ReplayResult:
    """Replays a capsule against the mock. `name` is the name of the capsule file.

    If the capsule has no world, the world is reconstructed from its exchanges. Then several dialects are
    tried. A difference is reported only if no dialect explains it, no task that the recording does not show
    and, if exchanges may be missing in the capsule, no request that was not recorded.

    Raises InvalidInputError.
    """
    if capsule.world is not None:
        return replay_in_world(stored_world(capsule, name=name), capsule, AnswerSource.WORLD)
    if capsule.is_complete is False:
        return replay_incomplete(capsule)
    result = _replay_in_dialects(capsule)
    if result.difference is not None and any(map(_is_unknown, capsule.recorded)):
        known = _until_unknown_request(capsule)
        result = _replay_in_dialects(_with_likely_requests(known, result.dialect or Dialect()))
        if result.difference is None and known != capsule:
            return replay_incomplete(capsule)
    return result if _is_certain(capsule, result) else replay_incomplete(capsule)


def replay_against_server(
    capsule: Capsule,
    address: Address,
    *,
    keys: Mapping[str, str],
    pace: Callable[[], None] = lambda: None,
) -> ReplayResult:
    """Replays a capsule against a server.

    keys: the API key to send for each recorded key.
    pace: is called before each request. It waits until the request may be sent.

    Raises UnreachableError.
    """

    def send_again(recorded: RecordedExchange) -> RecordedExchange:
        pace()
        now = send(_with_key(recorded, keys).exchange, address, timeout=answer_timeout(recorded))
        return replace(now, exchange=decompressed(now.exchange))

    return replay_exchanges(capsule, send_again, AnswerSource.SERVER)


def _is_certain(capsule: Capsule, result: ReplayResult) -> bool:
    """Whether the recording proves the difference, or has none."""
    dialect = result.dialect or Dialect()
    if result.difference is None:
        return True
    if capsule.is_complete is None and shows_unrecorded_change(capsule, dialect):
        return False
    return is_proven(capsule, result.difference, dialect)


def has_unknown_change(recorded: RecordedExchange) -> bool:
    """Whether nobody knows what a request changed: its body is missing, or the page does not name it.

    A request that the page does not name changes nothing if it only reads, or if it was refused.
    """
    exchange = recorded.exchange
    is_unnamed = exchange.operation is None and exchange.method not in _READING_METHODS
    is_refused = exchange.status is not None and 300 <= exchange.status < 500
    return recorded.lacks_request_body or (is_unnamed and not is_refused)


def _is_unknown(recorded: RecordedExchange) -> bool:
    return not recorded.is_compared or has_unknown_change(recorded)


def _until_unknown_request(capsule: Capsule) -> Capsule:
    """The beginning of a capsule before the first request of which nobody knows what it changed.

    The later answers of a correct server depend on it.
    """
    unknown = (index for index, recorded in enumerate(capsule.recorded) if has_unknown_change(recorded))
    return beginning(capsule, next(unknown, len(capsule.recorded)))


def _with_likely_requests(capsule: Capsule, dialect: Dialect) -> Capsule:
    """The capsule in which a request without a known answer is not sent if more exchanges match then.

    Such a request may have reached the server or not.
    """
    best, count = capsule, _matching_count(capsule, dialect)
    for index, recorded in enumerate(capsule.recorded):
        if not recorded.is_compared:
            unsent = replace(recorded, is_sent=False)
            other = replace(best, recorded=(*best.recorded[:index], unsent, *best.recorded[index + 1 :]))
            if (other_count := _matching_count(other, dialect)) > count:
                best, count = other, other_count
    return best


def _matching_count(capsule: Capsule, dialect: Dialect) -> int:
    result = replay_reconstructed(capsule, dialect)
    return result.count if result.difference is not None else len(capsule.recorded) + 1


def _replay_in_dialects(capsule: Capsule) -> ReplayResult:
    """The replay in the dialect in which the most exchanges match. Changes as few choices as possible.

    If no dialect explains the difference, the shortest beginning with a difference is replayed alone. It may
    have another difference. If a dialect explains that one, another exchange is wrong.
    """
    dialect = shown_dialect(capsule)
    while True:
        best = replay_in_best_dialect(capsule, dialect)
        assert best.dialect is not None
        if best.difference is None:
            return best
        result = replay_in_dialect(capsule, best.dialect)
        assert result.difference is not None
        if result.difference.is_like(best.difference):
            return replace(result, dialect=best.dialect)
        best_alone = replay_in_best_dialect(beginning(capsule, result.difference.end), best.dialect)
        if best_alone.difference is not None or best_alone.dialect in (None, dialect):
            return replace(result, dialect=best.dialect)
        dialect = best_alone.dialect


def _with_key(recorded: RecordedExchange, keys: Mapping[str, str]) -> RecordedExchange:
    key_header = worker_api().key_header
    headers = tuple(
        (name, keys.get(text, text) if name == key_header else text)
        for name, text in recorded.exchange.request_headers
    )
    return replace(recorded, exchange=replace(recorded.exchange, request_headers=headers))
