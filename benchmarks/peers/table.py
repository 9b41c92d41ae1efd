"""Writes the measurements as Markdown tables, with the goals and the behaviour of each server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.goal import Goal, goal_table, markdown
from benchmarks.peers.calls import Call
from benchmarks.peers.comparison import Measurement, Timing
from benchmarks.peers.load import CONNECTIONS
from benchmarks.peers.probe import Findings

_MAX_READY, _MAX_MEMORY = 0.7, 90.0
_MIN_TO_WIREMOCK, _MIN_TO_EMPTY = 2.0, 0.5
_CHART = "A chart of answers per second: for each request, a bar for workerkit and one for each other mock"


def table(
    measurements: Sequence[Measurement],
    calls: Sequence[Call],
    timing: Timing,
    skipped: Sequence[str],
    machine: str,
) -> str:
    """Returns the whole result page.

    measurements: the first one is of the mock.
    calls: the measured calls.
    timing: the length of the comparison.
    skipped: a line for each server that was left out.
    machine: a description of the machine.
    """
    return "\n\n".join(
        [
            "# The mock compared with other mocks",
            _conditions(timing),
            machine,
            f"![{_CHART}](results.svg)",
            "## Answers per second (in brackets: the mock's rate divided by this rate)",
            _rates(measurements, calls),
            "## CPU microseconds for one answer (in brackets: how busy the load was)",
            _costs(measurements, calls),
            "## What each server checks and keeps",
            _behaviour(measurements),
            *(f"Left out: {line}." for line in skipped),
            "## Goals",
            goal_table(goals(measurements, calls)),
        ]
    )


def goals(measurements: Sequence[Measurement], calls: Sequence[Call]) -> list[Goal]:
    """Returns the goals of the mock. Some compare it with the other servers of this run."""
    mock, *others = measurements
    return [
        Goal("ready", mock.ready, " s", _MAX_READY),
        Goal("idle memory", mock.memory, " MB", _MAX_MEMORY),
        *(goal for call in calls for other in others for goal in _compared(mock, other, call, calls)),
    ]


def _compared(mock: Measurement, other: Measurement, call: Call, calls: Sequence[Call]) -> Iterator[Goal]:
    bound = _min_ratio(other, call, calls)
    if bound is not None:
        ratio = mock.rate(call) / other.rate(call)
        yield Goal(f"{call.title}, rate compared to {other.server.name}", ratio, "x", bound, at_least=True)


def _min_ratio(other: Measurement, call: Call, calls: Sequence[Call]) -> float | None:
    if other.server.is_mock:
        return _MIN_TO_WIREMOCK if other.server.name.startswith("WireMock") else 1.0
    is_page = call is calls[-1]
    return _MIN_TO_EMPTY if other.server.name.startswith("uvicorn") and not is_page else None


def _conditions(timing: Timing) -> str:
    return (
        f"All servers were measured in one run of `make bench`. They took turns in {timing.rounds} rounds "
        f"of {timing.seconds:g} s, after {timing.warm_up:g} s of warm-up for each call. The results are "
        f"medians. All servers ran on one core, the load on another. The load has {CONNECTIONS} connections "
        f"that stay open, with one request at a time on each. `ready` is the time from the start of the "
        f"process to the first answer with status 200, the median of {timing.starts} starts. `idle memory` "
        f"is the resident memory of all processes of the server when it is ready."
    )


def _rates(measurements: Sequence[Measurement], calls: Sequence[Call]) -> str:
    head = ["", *(call.title for call in calls), "ready", "idle memory"]
    return markdown(head, [_rate_row(measurement, measurements[0], calls) for measurement in measurements])


def _rate_row(measurement: Measurement, mock: Measurement, calls: Sequence[Call]) -> list[str]:
    rates = [f"{_rounded(measurement.rate(call)):,}" for call in calls]
    if measurement is not mock:
        rates = [
            f"{r} ({mock.rate(c) / measurement.rate(c):.2g}x)" for r, c in zip(rates, calls, strict=True)
        ]
    return [measurement.server.name, *rates, f"{measurement.ready:.2f} s", f"{measurement.memory:.0f} MB"]


def _costs(measurements: Sequence[Measurement], calls: Sequence[Call]) -> str:
    head = ["", *(call.title for call in calls)]
    return markdown(
        head,
        [[s.server.name, *(f"{s.cpu(c) * 1e6:.0f} ({s.busy(c):.0%})" for c in calls)] for s in measurements],
    )


def _behaviour(measurements: Sequence[Measurement]) -> str:
    head = ["", "wrong key", "wrong body", "limit=1001", "a change", "description"]
    return markdown(head, [[s.server.name, *_observed(s.findings), s.server.does] for s in measurements])


def _observed(findings: Findings) -> list[str]:
    checks = (findings.key, findings.body, findings.parameter)
    refused = ["refused" if is_refused else "accepted" for is_refused in checks]
    return [*refused, "kept" if findings.state else "lost"]


def _rounded(rate: float) -> int:
    return int(round(rate, -2 if rate >= 1000 else -1))
