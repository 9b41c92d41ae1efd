"""Replays a recording in which exchanges may be missing.

Requests that are not recorded may have changed each task between two exchanges. So each exchange is replayed
alone, in a world that was reconstructed from this exchange and from the facts that no request can change. A
difference is then proof: it is there whatever happened before.
"""

from __future__ import annotations

from dataclasses import replace

from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.reconstruction.lasting_facts import LastingFacts, lasting_facts
from workerkit.mockserver.capsules.replay.dialect_search import replay_in_best_dialect, shown_dialect
from workerkit.mockserver.capsules.replay.explanation import explanation_alone
from workerkit.mockserver.capsules.replay.reconstructed_replay import ReplayResult
from workerkit.openapi.languages.phrase import joined
from workerkit.openapi.spec.dialect import Dialect


def replay_incomplete(capsule: Capsule) -> ReplayResult:
    """Replays a recording in which exchanges may be missing. Several dialects are tried for each exchange."""
    facts = lasting_facts([recorded.exchange for recorded in capsule.recorded if recorded.is_compared])
    dialect = first = shown_dialect(capsule)
    for count, recorded in enumerate(capsule.recorded, 1):
        result = _replay_alone(capsule, recorded, (dialect, first), facts)
        assert result.dialect is not None
        if result.difference is not None:
            exchanges = [item.exchange for item in capsule.recorded]
            why = joined(
                ". ", filter(None, (result.difference.why, explanation_alone(exchanges, result.difference)))
            )
            return ReplayResult(count, replace(result.difference, why=why), dialect, is_alone=True)
        dialect = result.dialect
    return ReplayResult(len(capsule.recorded), None, dialect, is_alone=True)


def _replay_alone(
    capsule: Capsule, recorded: RecordedExchange, dialects: tuple[Dialect, Dialect], facts: LastingFacts
) -> ReplayResult:
    """The replay of one exchange in the first dialect. If it has a difference, the replay in the second."""
    alone = replace(capsule, recorded=(recorded,))
    result = replay_in_best_dialect(alone, dialects[0], facts=facts)
    if result.difference is not None and dialects[0] != dialects[1]:
        result = replay_in_best_dialect(alone, dialects[1], facts=facts)
    return result
