"""The scores as Markdown, with the goals and what the others leave out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.goal import Goal, goal_table, markdown
from benchmarks.peers.calls import Call
from benchmarks.peers.load import CONNECTIONS
from benchmarks.peers.probe import Findings
from benchmarks.peers.race import Pace, Score

_READY, _MEMORY = 0.7, 90.0
_OF_WIREMOCK, _OF_EMPTY = 2.0, 0.5


def table(
    scores: Sequence[Score], calls: Sequence[Call], pace: Pace, skipped: Sequence[str], machine: str
) -> str:
    """The whole page. The first score is the mock's; `machine` is a sentence on where it was."""
    return "\n\n".join(
        [
            "# The mock beside others",
            _conditions(pace),
            machine,
            "![Answers in a second](results.svg)",
            "## Answers in a second, and how many times that the mock gives",
            _rates(scores, calls),
            "## Microseconds of CPU for an answer (the load's share of its own core)",
            _costs(scores, calls),
            "## What each does for it",
            _deeds(scores),
            *(f"Left out: {line}." for line in skipped),
            "## Goals",
            goal_table(goals(scores, calls)),
        ]
    )


def goals(scores: Sequence[Score], calls: Sequence[Call]) -> list[Goal]:
    """What the mock is held to beside the others of this run."""
    mock, *others = scores
    return [
        Goal("ready", mock.ready, " s", _READY),
        Goal("idle memory", mock.memory, " MB", _MEMORY),
        *(goal for call in calls for each in others for goal in _beside(mock, each, call, calls)),
    ]


def _beside(mock: Score, other: Score, call: Call, calls: Sequence[Call]) -> Iterator[Goal]:
    least = _least(other, call, calls)
    if least is not None:
        ratio = mock.rate(call) / other.rate(call)
        yield Goal(f"{call.title}, times {other.contender.name}", ratio, "x", least, at_least=True)


def _least(other: Score, call: Call, calls: Sequence[Call]) -> float | None:
    if other.contender.is_mock:
        return _OF_WIREMOCK if other.contender.name.startswith("WireMock") else 1.0
    is_page = call is calls[-1]
    return _OF_EMPTY if other.contender.name.startswith("uvicorn") and not is_page else None


def _conditions(pace: Pace) -> str:
    return (
        f"All in one run of `make bench`: medians of {pace.rounds} rounds of {pace.seconds:g} s in which the "
        f"servers took turns, after {pace.warm_up:g} s of warming up for each call. All servers on one core, "
        f"the load on another; {CONNECTIONS} connections, kept alive, one request at a time on each. Ready: "
        f"from the start of the process to the first answer of 200, median of {pace.starts} starts. Memory: "
        "resident, of all its processes, when it is ready."
    )


def _rates(scores: Sequence[Score], calls: Sequence[Call]) -> str:
    head = ["", *(call.title for call in calls), "ready", "idle memory"]
    return markdown(head, [_rate_row(score, scores[0], calls) for score in scores])


def _rate_row(score: Score, mock: Score, calls: Sequence[Call]) -> list[str]:
    rates = [f"{_rounded(score.rate(call)):,}" for call in calls]
    if score is not mock:
        rates = [f"{r} ({mock.rate(c) / score.rate(c):.2g}x)" for r, c in zip(rates, calls, strict=True)]
    return [score.contender.name, *rates, f"{score.ready:.2f} s", f"{score.memory:.0f} MB"]


def _costs(scores: Sequence[Score], calls: Sequence[Call]) -> str:
    head = ["", *(call.title for call in calls)]
    return markdown(
        head,
        [[s.contender.name, *(f"{s.cpu(c) * 1e6:.0f} ({s.busy(c):.0%})" for c in calls)] for s in scores],
    )


def _deeds(scores: Sequence[Score]) -> str:
    head = ["", "wrong key", "wrong body", "limit=1001", "a change", "what it does"]
    return markdown(head, [[s.contender.name, *_observed(s.findings), s.contender.does] for s in scores])


def _observed(findings: Findings) -> list[str]:
    refused = ["refused" if each else "taken" for each in (findings.key, findings.body, findings.parameter)]
    return [*refused, "kept" if findings.state else "forgotten"]


def _rounded(rate: float) -> int:
    return int(round(rate, -2 if rate >= 1000 else -1))
