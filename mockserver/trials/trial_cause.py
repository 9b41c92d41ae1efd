"""Groups the broken rules of several trials by their cause: one mistake of the worker often breaks many."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from workerkit.mockserver.reports.message_pattern import message_pattern
from workerkit.mockserver.trials.trial import Trial
from workerkit.scenarios.run_record.violation import Violation

_CRASH = "process-not-crashed"
# The line of a program's output that says why it crashed, for example the last line of a traceback.
_ERROR_LINE = re.compile(r"error|exception|panic|fatal", re.IGNORECASE)

# The rule, the pattern of the message, and for a crash the pattern of the error.
CauseKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class TrialCause:
    """One mistake of the worker.

    key: the key of the cause. It is equal for all broken rules with this cause.
    trial: the trial that shows the mistake best.
    violation: the broken rule of this trial.
    trials: all trials with the mistake, in their order.
    followers: the rules that are broken because of the mistake, too, each with its trials.
    """

    key: CauseKey
    trial: Trial
    violation: Violation
    trials: tuple[Trial, ...]
    followers: Mapping[str, tuple[Trial, ...]]

    @property
    def is_expected(self) -> bool:
        """Whether the scenario of `trial` expects the rule, so that it is about the rule."""
        return _is_expected(self.trial, self.violation)


def trial_causes(trials: Sequence[Trial]) -> tuple[TrialCause, ...]:
    """Returns the causes of all broken rules. The cause that fails the most trials comes first."""
    found: dict[CauseKey, list[tuple[Trial, Violation]]] = {}
    for trial in trials:
        for violation in trial.verdict.broken:
            found.setdefault(cause_key(trial, violation), []).append((trial, violation))
    causes = (_cause(key, occurrences) for key, occurrences in found.items())
    return tuple(sorted(causes, key=lambda cause: -len(cause.trials)))


def cause_key(trial: Trial, violation: Violation) -> CauseKey:
    """Returns the key of the cause of a violation. Violations with the same cause have equal keys.

    Two violations have the same cause if they are of the same rule and their messages differ only in values.
    If a rule is broken only because another rule is broken in the same trial, it has the cause of that rule.
    """
    by_rule = {broken.rule: broken for broken in trial.verdict.broken}
    rule = _root(violation.rule, by_rule)
    root = violation if rule == violation.rule else by_rule[rule]
    error = message_pattern(_error_kind(trial.output)) if rule == _CRASH else ""
    return rule, message_pattern(root.fact), error


def _root(rule: str, broken: Mapping[str, Violation]) -> str:
    """Returns the broken rule from which this broken rule follows in the end."""
    parents = [parent for parent in broken[rule].follows_from if parent in broken]
    return _root(parents[0], broken) if parents else rule


def _error_kind(output: str) -> str:
    """Returns the start of the last line of a worker's output that names an error, up to the first colon.

    This is often the class of an exception. Without such a line, returns the start of the last line.
    """
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR_LINE.search(line)]
    return next(reversed(errors or lines), "").partition(":")[0]


def _cause(key: CauseKey, occurrences: Sequence[tuple[Trial, Violation]]) -> TrialCause:
    own = [(trial, violation) for trial, violation in occurrences if violation.rule == key[0]]
    trial, violation = min(own, key=_length)
    others = [(other.rule, trial) for trial, other in occurrences if other.rule != key[0]]
    followers = {rule: tuple(_trials_of(rule, others)) for rule, _ in others}
    return TrialCause(key, trial, violation, tuple(_unique(trial for trial, _ in own)), followers)


def _length(occurrence: tuple[Trial, Violation]) -> tuple[bool, int, int]:
    """Returns a key for sorting: a scenario that is about the rule comes first, then short evidence."""
    trial, violation = occurrence
    return not _is_expected(trial, violation), len(violation.exchanges), trial.requests


def _is_expected(trial: Trial, violation: Violation) -> bool:
    return any(expectation.rule == violation.rule for expectation in trial.run.scenario.expect)


def _trials_of(rule: str, others: Iterable[tuple[str, Trial]]) -> Iterator[Trial]:
    return (trial for name, trial in others if name == rule)


def _unique(trials: Iterable[Trial]) -> list[Trial]:
    return list({id(trial): trial for trial in trials}.values())
