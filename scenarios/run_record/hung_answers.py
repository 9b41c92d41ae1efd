"""Requests that a fault left without an answer on an open connection, and how long the worker waited."""

from __future__ import annotations

from collections.abc import Mapping

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.faults.mislead.lost_answer import LostAnswer
from workerkit.scenarios.faults.refuse.hang import Hang
from workerkit.scenarios.run_record.applied_faults import AppliedFaults
from workerkit.scenarios.run_record.run import Run

# In seconds. Many programs have a timeout of 30 s.
LONGEST_WAIT = 35.0


def hung_answers(run: Run) -> Mapping[int, float]:
    """Returns the seconds that the worker waited so far, by the numbers of these exchanges."""
    return {
        exchange.number: _seconds_waited(run, exchange, applied)
        for exchange in run.own_exchanges
        if (applied := run.applied_faults_by_number.get(exchange.number)) and _hangs(applied)
    }


def seconds_held_back(run: Run) -> float:
    """Returns for how long the worker waited for these answers before it gave up, at most 35 s for each."""
    return sum(
        min(seconds, LONGEST_WAIT) for number, seconds in hung_answers(run).items() if _is_over(run, number)
    )


def is_held_back(run: Run) -> bool:
    """Whether the worker is waiting for such an answer now, and has waited for less than 35 s."""
    return any(
        seconds < LONGEST_WAIT and not _is_over(run, number) for number, seconds in hung_answers(run).items()
    )


def _is_over(run: Run, number: int) -> bool:
    return run.applied_faults_by_number[number].is_over


def _hangs(applied: AppliedFaults) -> bool:
    return any(
        isinstance(fault, Hang) or (isinstance(fault, LostAnswer) and fault.by == "hang")
        for fault in applied.faults
    )


def _seconds_waited(run: Run, exchange: Exchange, applied: AppliedFaults) -> float:
    return (exchange.ended if applied.is_over else run.recorded_at) - exchange.began
