"""The rules that a trial of a hunt shows to be broken."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from workerkit.mockserver.trials.trial import Trial
from workerkit.mockserver.trials.trial_cause import cause_key
from workerkit.scenarios.rules import RULES
from workerkit.scenarios.rules.last_activity import silence_before_end
from workerkit.scenarios.run_record.violation import Violation


def broken_rules(trial: Trial, wanted: Collection[str] = ()) -> tuple[str, ...]:
    """Returns the ids of the rules that the worker broke, without those that only follow from others.

    A worker that still sends requests when the time limit is reached is slow. Rules that it could still keep
    are left out. A worker that only reads the list is not meant: its run ends before, because it is idle.

    wanted: only these rules count, also if they follow from others. Empty: all rules.
    """
    return tuple(dict.fromkeys(_broken(trial, wanted)))


def _broken(trial: Trial, wanted: Collection[str]) -> Iterator[str]:
    for violation in trial.verdict.broken:
        if _is_only_slow(trial, violation):
            continue
        if not wanted:
            yield cause_key(trial, violation)[0]
        elif violation.rule in wanted:
            yield violation.rule


def _is_only_slow(trial: Trial, violation: Violation) -> bool:
    run = trial.run
    is_at_work = run.ended_by == "time-limit" and run.own_exchanges and not silence_before_end(run)
    return bool(is_at_work) and RULES[violation.rule].can_be_mended
