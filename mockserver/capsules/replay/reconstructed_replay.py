"""Replays a capsule in a reconstructed world, and finds the exchanges that contradict each other."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Container
from dataclasses import dataclass, replace

from workerkit.mockserver.capsules.comparison.difference import Difference, display
from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.reconstruction.lasting_facts import LastingFacts
from workerkit.mockserver.capsules.reconstruction.reconstruct import reconstruction
from workerkit.mockserver.capsules.replay.explanation import explanation
from workerkit.mockserver.capsules.replay.matching import AnswerSource, Matcher
from workerkit.mockserver.capsules.replay.replay_mock import ReplayMock
from workerkit.mockserver.worlds.worlds import Builder
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import joined, phrase
from workerkit.openapi.spec.dialect import Dialect

SendAgain = Callable[[RecordedExchange], RecordedExchange]
_LISTED_TASKS = "answer/data"


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """The result of a replay.

    count: how many exchanges were sent again.
    difference: the first difference; None if all answers were as recorded.
    dialect: the dialect in which the most exchanges matched; None if no dialects were tried.
    build_world: builds the mock's world that gave the answers. None if another server gave them.
    is_alone: whether each exchange was replayed alone, because the recording does not show enough.
    """

    count: int
    difference: Difference | None
    dialect: Dialect | None = None
    build_world: Builder | None = None
    is_alone: bool = False


class RecordedIds:
    """The ids that a recording shows. It contains an id if the id stands in an answer or in a request."""

    def __init__(self, recorded: tuple[RecordedExchange, ...]) -> None:
        self._recorded = recorded

    def __contains__(self, task_id: object) -> bool:
        spellings = [str(task_id).lower().encode(), str(task_id).upper().encode()]
        return any(
            spelling in part
            for recorded in self._recorded
            for part in _texts_of(recorded)
            for spelling in spellings
        )


def replay_exchanges(
    capsule: Capsule, send_again: SendAgain, source: AnswerSource, *, known: Container[str] | None = None
) -> ReplayResult:
    """Sends the requests of a capsule again until an answer differs. For `known` see `Matcher`."""
    matcher = Matcher(source, known=known)
    for count, recorded in enumerate(capsule.recorded, 1):
        now = send_again(replace(recorded, exchange=matcher.with_new_ids(recorded.exchange)))
        difference = matcher.difference(recorded, now)
        if difference is not None:
            return ReplayResult(count, difference)
    return ReplayResult(len(capsule.recorded), None)


def replay_in_world(
    build_world: Builder, capsule: Capsule, source: AnswerSource, *, known: Container[str] | None = None
) -> ReplayResult:
    """Replays a capsule against the mock in this world. For `known` see `Matcher`."""
    with ReplayMock(build_world) as mock:
        result = replay_exchanges(capsule, mock.replay, source, known=known)
        difference = result.difference
        if difference is not None and difference.place == "status":
            recorded = capsule.recorded[result.count - 1].exchange
            difference = replace(difference, why=_refusal(recorded, mock.refusal))
    return replace(result, difference=difference, build_world=build_world)


def _refusal(recorded: Exchange, refusal: str) -> str:
    """Why the mock refuses a request, or what the recorded server answers to its body."""
    if refusal:
        return phrase("The mock refuses it: {refusal}", refusal=refusal)
    if recorded.accepted:
        return ""
    answer, body = recorded.answer_body, recorded.request_body
    sentences = (
        phrase("The recorded answer is {answer}", answer=display("answer", answer)) if answer else "",
        phrase("The body of the request is {body}", body=display("request/body", body)) if body else "",
    )
    return joined(". ", [*filter(None, sentences)])


def replay_reconstructed(
    capsule: Capsule,
    dialect: Dialect,
    *,
    count: int | None = None,
    seen: int | None = None,
    facts: LastingFacts | None = None,
) -> ReplayResult:
    """Replays a capsule in a reconstructed world. For `facts` see `reconstruction`.

    count: how many exchanges to replay; None for all.
    seen: from how many exchanges the world is reconstructed; None for all. Tasks that only later exchanges
        show may stand in place of tasks that were invented.
    """
    part, source = capsule.recorded[:count], replace(capsule, recorded=capsule.recorded[:seen])
    return replay_in_world(
        reconstruction(source, dialect, facts),
        replace(capsule, recorded=part),
        AnswerSource.RECONSTRUCTION,
        known=RecordedIds(source.recorded),
    )


def replay_in_dialect(capsule: Capsule, dialect: Dialect) -> ReplayResult:
    """Replays a capsule in one dialect, in reconstructed worlds.

    The difference is at the exchange that is wrong, and names the exchanges that contradict each other.
    """
    result = replay_reconstructed(capsule, dialect)
    if result.difference is None:
        return result
    result = _with_evidence(capsule, dialect)
    assert result.difference is not None
    why = explanation([recorded.exchange for recorded in capsule.recorded], result.difference)
    sentences = joined(". ", filter(None, (result.difference.why, why)))
    return replace(result, difference=replace(result.difference, why=sentences))


def sound_twin(capsule: Capsule, result: ReplayResult) -> Capsule:
    """The capsule with the answers of a server that does not have the difference in `result`.

    It ends with the last exchange that the difference depends on. Where an answer differs from the mock's
    answer, it has the mock's answer.
    """
    assert result.difference is not None
    assert result.build_world is not None
    part = beginning(capsule, result.difference.end)
    matcher = Matcher(AnswerSource.RECONSTRUCTION if capsule.world is None else AnswerSource.WORLD)
    with ReplayMock(result.build_world) as mock:
        recorded = tuple(_sound(recorded, mock.replay(recorded), matcher) for recorded in part.recorded)
    return replace(part, recorded=recorded)


def _sound(recorded: RecordedExchange, now: RecordedExchange, matcher: Matcher) -> RecordedExchange:
    if matcher.difference(recorded, now) is None:
        return recorded
    old = recorded.exchange
    return replace(now, exchange=replace(now.exchange, began=old.began, ended=old.ended))


def _with_evidence(capsule: Capsule, dialect: Dialect) -> ReplayResult:
    """The result for the shortest beginning of the capsule that has a difference.

    The last exchange of this beginning contradicts earlier ones. It is wrong if it lists a task once more,
    or leaves out a task that an earlier list shows. Otherwise the earlier one is wrong, and the last one
    shows it.
    """
    end = _shortest_contradiction(capsule, dialect)
    part = beginning(capsule, end)
    result = replay_reconstructed(part, dialect)
    assert result.difference is not None
    if result.count == end:
        return result
    if result.difference.place.startswith(_LISTED_TASKS):
        later = replay_reconstructed(part, dialect, seen=end - 1)
        earlier = RecordedIds(part.recorded[: end - 1])
        if later.difference is not None and later.difference.task in earlier:
            return later
    return replace(result, difference=replace(result.difference, last=end))


def _shortest_contradiction(capsule: Capsule, dialect: Dialect) -> int:
    """The length of the shortest beginning of the capsule that has a difference."""

    def has_difference(count: int) -> bool:
        return replay_reconstructed(beginning(capsule, count), dialect).difference is not None

    counts = range(1, len(capsule.recorded))
    return bisect_left(counts, True, key=has_difference) + 1


def beginning(capsule: Capsule, count: int) -> Capsule:
    """The capsule with only its first `count` exchanges."""
    return replace(capsule, recorded=capsule.recorded[:count])


def _texts_of(recorded: RecordedExchange) -> tuple[bytes, ...]:
    exchange = recorded.exchange
    target = f"{exchange.path}?{exchange.query}".encode("utf-8", "surrogatepass")
    return target, exchange.request_body, exchange.answer_body
