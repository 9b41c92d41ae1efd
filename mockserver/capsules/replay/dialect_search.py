"""Finds the dialect in which the most exchanges of a capsule match."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.reconstruction.lasting_facts import LastingFacts
from workerkit.mockserver.capsules.replay.reconstructed_replay import ReplayResult, replay_reconstructed
from workerkit.openapi.exchange_reader import bulk_results_of, error_of
from workerkit.openapi.spec.dialect import Dialect, dialect_of
from workerkit.openapi.spec.silence import silences

# Some differences disappear only if several choices of the dialect change together. At most this number of
# choices are changed together.
_MAX_CHOICES_AT_ONCE = 3
_MISSING_CODE = "bulk-missing-code"
# The first choice alone is another difference at an earlier exchange, so these are tried together.
_JOINT_CHOICES = ({"content-type": "ignored", "missing-body": "empty"},)


def shown_dialect(capsule: Capsule) -> Dialect:
    """The dialect with the word that answers have for a task that does not exist.

    If the dialect had another word, a replay would find a difference there before it finds the wrong value.
    """
    results = (
        result
        for recorded in capsule.recorded
        if recorded.exchange.operation == "bulkUpdateTasks" and recorded.is_compared
        for result in bulk_results_of(recorded.exchange.answer_json())
    )
    words = silences()[_MISSING_CODE].values
    shown = next((word for word in map(error_of, results) if isinstance(word, str) and word in words), None)
    return Dialect() if shown is None else dialect_of({_MISSING_CODE: shown})


def replay_in_best_dialect(
    capsule: Capsule, dialect: Dialect, *, facts: LastingFacts | None = None
) -> ReplayResult:
    """The replay in the dialect in which the most exchanges match, beginning with this dialect.

    For `facts` see `reconstruction`.
    """
    best = replay_reconstructed(capsule, dialect, facts=facts)
    while best.difference is not None:
        trials = _DialectTrials(capsule, best.count, facts)
        better = _dialect_without_difference(trials, dialect, best, _MAX_CHOICES_AT_ONCE)
        if better is None:
            return _with_equal_status(trials, dialect, best)
        dialect, best = better, replay_reconstructed(capsule, better, facts=facts)
    return replace(best, dialect=dialect)


class _DialectTrials:
    """Replays the first `count` exchanges of a capsule in many dialects, once in each."""

    def __init__(self, capsule: Capsule, count: int, facts: LastingFacts | None) -> None:
        self._capsule = capsule
        self._facts = facts
        self._count = count
        self._results: dict[Dialect, ReplayResult] = {}

    def result(self, dialect: Dialect) -> ReplayResult:
        if dialect not in self._results:
            self._results[dialect] = replay_reconstructed(
                self._capsule, dialect, count=self._count, facts=self._facts
            )
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
