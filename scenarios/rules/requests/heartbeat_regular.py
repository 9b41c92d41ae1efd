"""Rule heartbeat-regular: send heartbeats all the time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.fields.kinds import Seconds
from workerkit.scenarios.model.heartbeat import longest_pause
from workerkit.scenarios.rules.requests.heartbeats import heartbeats_of
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation

_NO_INTERVAL = phrase(
    "the API page does not say how often a worker sends heartbeats. To have this judged, state how often "
    "yours sends them, for example with --heartbeat 30s"
)


@dataclass(frozen=True, slots=True)
class HeartbeatRegular(Rule):
    """From the worker's first request to its last, no heartbeat may be missing. While the process runs, it
    must also send heartbeats after its last request.

    The worker states its own interval with `--heartbeat`. Then the time between two heartbeats must be less
    than two intervals. For an interval below 2 seconds, it must be less than the interval and 2 seconds.
    `every` sets another limit. Without an interval and without `every` the rule is not checked, because the
    API page does not say how often heartbeats come.
    The worker's longest pause between requests, up to 2 seconds, is subtracted from the time. A busy machine
    may have caused the pause. A heartbeat does not count if the server refused it for a lasting reason.
    """

    id: ClassVar[str] = "heartbeat-regular"
    why: ClassVar[str] = phrase(
        "A server that sends no heartbeats counts as dead, and its tasks are given to other servers."
    )
    careful: ClassVar[str] = phrase(
        "sends heartbeats at regular times, also while a task takes long, after a heartbeat failed, and "
        "without work"
    )
    general: ClassVar[bool] = False
    can_be_mended: ClassVar[bool] = True
    follows_from: ClassVar[tuple[str, ...]] = ("heartbeat-sent",)
    no_occasion: ClassVar[str] = phrase("the worker was at work for a shorter time")

    every: Seconds | None = None

    def check(self, run: Run) -> list[Violation]:
        limit = self._limit(run)
        if limit is None or not run.own_exchanges:
            return []
        moments = _moments(run)
        gaps = [
            (before, after)
            for before, after in pairwise(moments)
            if run.seconds_to_act(before.time, after.time) >= limit
        ]
        return self.summarize([_breach(before, after, limit) for before, after in gaps])

    def had_occasion(self, run: Run) -> bool:
        limit = self._limit(run)
        if limit is None or not run.own_exchanges:
            return False
        moments = _moments(run)
        return run.seconds_to_act(moments[0].time, moments[-1].time) >= limit

    def why_not_judged(self, run: Run) -> str:
        limit = self._limit(run)
        return _NO_INTERVAL if limit is None else self._too_short(limit)

    def _too_short(self, limit: float) -> str:
        return phrase(
            "{reason}. A missing heartbeat shows only after {limit:g} s. To have this judged, "
            "run the worker as a daemon, or let its tasks take longer",
            reason=self.no_occasion,
            limit=limit,
        )

    def _limit(self, run: Run) -> float | None:
        if self.every is not None or run.heartbeat_interval is None:
            return self.every
        return longest_pause(run.heartbeat_interval)


@dataclass(frozen=True, slots=True)
class _Moment:
    """A time at which a pause between heartbeats begins or ends.

    time: in seconds since 1970.
    name: what happened then, in words.
    number: the number of an exchange. None if the moment is no exchange.
    """

    time: float
    name: str
    number: int | None


def _moments(run: Run) -> list[_Moment]:
    """Returns the first request, the heartbeats and the end of the run, in order."""
    own = run.own_exchanges
    moments = [
        _Moment(exchange.began, run.describe(exchange), exchange.number)
        for exchange in (own[0], *heartbeats_of(run), own[-1])
    ]
    if run.ended_by != "exit" and run.recorded_at > own[-1].began:
        moments.append(
            _Moment(run.recorded_at, phrase("the end at {time}", time=run.since_start(run.recorded_at)), None)
        )
    return moments


def _breach(before: _Moment, after: _Moment, limit: float) -> Breach:
    return Breach(
        phrase(
            "The worker sent no heartbeat for {seconds:.1f} s, between {name} and {name_2}. At "
            "most {limit:g} s are allowed.",
            seconds=after.time - before.time,
            name=before.name,
            name_2=after.name,
            limit=limit,
        ),
        tuple(moment.number for moment in (before, after) if moment.number is not None),
    )
