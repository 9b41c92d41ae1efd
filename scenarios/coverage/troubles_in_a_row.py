"""Troubles in a row: a request met trouble, and the next request that asked the same met trouble, too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from workerkit.openapi.asked import Asked
from workerkit.scenarios.coverage.judged_run import JudgedRun
from workerkit.scenarios.run_record.trouble import Trouble


@dataclass(frozen=True, order=True, slots=True)
class TroublePair:
    """Two troubles in a row.

    kind: what both requests asked, for example `completion`. Both were about the same task.
    """

    kind: str
    first: Trouble
    second: Trouble


def troubles_in_a_row(runs: Iterable[JudgedRun]) -> Counter[TroublePair]:
    """Returns how often the worker met each pair of troubles."""
    return Counter(pair for run in runs for pair in _pairs(run))


def _pairs(run: JudgedRun) -> Iterator[TroublePair]:
    last: dict[Asked, frozenset[Trouble]] = {}
    for number, all_asked in run.record.asked.items():
        troubles = run.record.troubles[number]
        pairs = {
            TroublePair(asked.kind, first, second)
            for asked in all_asked
            for first in last.get(asked, ())
            for second in troubles
        }
        yield from sorted(pairs)
        last.update(dict.fromkeys(all_asked, troubles))
