"""What is said of trials: in words for people, in JSON for programs. Nothing secret is in either."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workerkit.mockserver.trial import Trial

_MOST_EXCHANGES = 12
_MOST_OUTPUT_LINES = 20


def as_json(trials: Sequence[Trial]) -> dict[str, Any]:
    """The verdict on a worker over all scenarios that it ran through."""
    return {
        "verdict": _word(all(trial.verdict.passed for trial in trials)),
        "scenarios": [
            {
                "name": trial.verdict.scenario,
                "verdict": _word(trial.verdict.passed),
                "seconds": round(trial.seconds, 3),
                "broken": [
                    {"rule": each.rule, "message": each.message, "exchanges": list(each.exchanges)}
                    for each in trial.verdict.broken
                ],
            }
            for trial in trials
        ],
    }


def as_text(trial: Trial) -> str:
    """One trial: a line, and for a worker at fault the rules broken, their exchanges, and what it printed."""
    word = _word(trial.verdict.passed).upper()
    count = len(trial.run.exchanges)
    head = f"{word}  {trial.verdict.scenario}  ({trial.seconds:.1f} s, {count} requests)"
    if trial.verdict.passed:
        return head
    findings = [line for broken in trial.verdict.broken for line in _finding(trial, broken.exchanges, broken)]
    return "\n".join([head, *findings, *_output(trial)])


def summary(trials: Sequence[Trial]) -> str:
    """The last line: how many scenarios the worker passed."""
    passed = sum(trial.verdict.passed for trial in trials)
    failed = [trial.verdict.scenario for trial in trials if not trial.verdict.passed]
    tail = f"; failed: {', '.join(failed)}" if failed else ""
    return f"worker verdict: {_word(not failed)} ({passed} of {len(trials)} scenarios passed{tail})"


def _finding(trial: Trial, numbers: Sequence[int], broken: Any) -> list[str]:
    lines = {each.number: line for each, line in zip(trial.run.exchanges, trial.lines, strict=True)}
    shown = [lines[number] for number in numbers[:_MOST_EXCHANGES] if number in lines]
    left_out = len(numbers) - len(shown)
    more = [f"      and {left_out} more"] if left_out > 0 else []
    return [f"  {broken.rule}: {broken.message}", *(f"      {line}" for line in shown), *more]


def _output(trial: Trial) -> list[str]:
    lines = trial.output.splitlines()
    if not lines:
        return ["  The worker printed nothing."]
    return ["  The worker printed at the end:", *(f"      {line}" for line in lines[-_MOST_OUTPUT_LINES:])]


def _word(passed: bool) -> str:
    return "pass" if passed else "fail"
