"""Sends the requests of a capsule again and compares the new answers with the recorded answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.file.decompress import decompressed
from workerkit.mockserver.capsules.http.client import Address, send
from workerkit.mockserver.capsules.replay.matching import AnswerSource
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
from workerkit.openapi.spec.dialect import Dialect, dialect_of
from workerkit.openapi.spec.silence import silences

# Some differences disappear only if several choices of the dialect change together. At most this number of
# choices are changed together.
_MAX_CHOICES_AT_ONCE = 3
# The first choice alone is another difference at an earlier exchange, so these are tried together.
_JOINT_CHOICES = ({"content-type": "ignored", "missing-body": "empty"},)


def replay(capsule: Capsule, *, name: str) -> ReplayResult:
    """Replays a capsule against the mock. `name` is the name of the capsule file.

    If the capsule has no world, the world is reconstructed from its exchanges. Then several dialects are
    tried. A difference is reported only if no dialect explains it.

    Raises InvalidInputError.
    """
    if capsule.world is not None:
        return replay_in_world(stored_world(capsule, name=name), capsule, AnswerSource.WORLD)
    result = _replay_in_dialects(capsule)
    if result.difference is None or all(recorded.is_compared for recorded in capsule.recorded):
        return result
    likely = _with_likely_requests(_until_unknown_request(capsule), result.dialect or Dialect())
    return _replay_in_dialects(likely)


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


def _until_unknown_request(capsule: Capsule) -> Capsule:
    """The beginning of a capsule before the first request whose body is not known.

    The later answers of a correct server depend on this body.
    """
    unknown = (index for index, recorded in enumerate(capsule.recorded) if recorded.lacks_request_body)
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
    dialect = Dialect()
    while True:
        best = _replay_in_best_dialect(capsule, dialect)
        assert best.dialect is not None
        if best.difference is None:
            return best
        result = replay_in_dialect(capsule, best.dialect)
        assert result.difference is not None
        if result.difference.is_like(best.difference):
            return replace(result, dialect=best.dialect)
        best_alone = _replay_in_best_dialect(beginning(capsule, result.difference.end), best.dialect)
        if best_alone.difference is not None or best_alone.dialect in (None, dialect):
            return replace(result, dialect=best.dialect)
        dialect = best_alone.dialect


def _replay_in_best_dialect(capsule: Capsule, dialect: Dialect) -> ReplayResult:
    """The replay in the dialect in which the most exchanges match, beginning with this dialect."""
    best = replay_reconstructed(capsule, dialect)
    while best.difference is not None:
        trials = _DialectTrials(capsule, best.count)
        better = _dialect_without_difference(trials, dialect, best, _MAX_CHOICES_AT_ONCE)
        if better is None:
            return _with_equal_status(trials, dialect, best)
        dialect, best = better, replay_reconstructed(capsule, better)
    return replace(best, dialect=dialect)


class _DialectTrials:
    """Replays the first `count` exchanges of a capsule in many dialects, once in each."""

    def __init__(self, capsule: Capsule, count: int) -> None:
        self._capsule = capsule
        self._count = count
        self._results: dict[Dialect, ReplayResult] = {}

    def result(self, dialect: Dialect) -> ReplayResult:
        if dialect not in self._results:
            self._results[dialect] = replay_reconstructed(self._capsule, dialect, count=self._count)
        return self._results[dialect]


def _with_equal_status(trials: _DialectTrials, dialect: Dialect, best: ReplayResult) -> ReplayResult:
    """The first result in which the exchange of the difference has the recorded status, otherwise `best`.

    The difference in `best` may be a wrong status. With another dialect, the same exchange may have the right
    status, and for example only a wrong body. Such a result is closer to the recording.
    """
    if best.difference is not None and best.difference.place == "status":
        for neighbour in _neighbours(dialect):
            result = trials.result(neighbour)
            if (
                _changes_difference(result, best)
                and result.difference
                and result.difference.place != "status"
            ):
                return replace(result, dialect=neighbour)
    return replace(best, dialect=dialect)


def _dialect_without_difference(
    trials: _DialectTrials, dialect: Dialect, best: ReplayResult, max_choices: int
) -> Dialect | None:
    """A dialect in which all exchanges match, also the one that differs in `best`. None if there is none.

    The new dialect differs from `dialect` in at most `max_choices` choices. If one choice changes the
    difference but does not remove it, further choices are tried together with this choice.
    """
    neighbours = _neighbours(dialect)
    matching = next(
        (neighbour for neighbour in neighbours if trials.result(neighbour).difference is None), None
    )
    if matching is not None or max_choices == 1:
        return matching
    changing = [neighbour for neighbour in neighbours if _changes_difference(trials.result(neighbour), best)]
    deeper = (
        _dialect_without_difference(trials, neighbour, trials.result(neighbour), max_choices - 1)
        for neighbour in changing
    )
    return next((dialect for dialect in deeper if dialect is not None), None)


def _changes_difference(result: ReplayResult, best: ReplayResult) -> bool:
    """Whether the two results have different differences at the same exchange."""
    return result.count == best.count and result.difference != best.difference


def _neighbours(dialect: Dialect) -> list[Dialect]:
    """The dialects that differ from this dialect in one choice, and those that differ in joint choices."""
    choices: Iterable[Mapping[str, str]] = (
        {silence.id: value} for silence in silences().values() for value in silence.values
    )
    neighbours = (dialect_of({**dialect, **changes}) for changes in (*choices, *_JOINT_CHOICES))
    return [neighbour for neighbour in neighbours if neighbour != dialect]


def _with_key(recorded: RecordedExchange, keys: Mapping[str, str]) -> RecordedExchange:
    key_header = worker_api().key_header
    headers = tuple(
        (name, keys.get(text, text) if name == key_header else text)
        for name, text in recorded.exchange.request_headers
    )
    return replace(recorded, exchange=replace(recorded.exchange, request_headers=headers))
