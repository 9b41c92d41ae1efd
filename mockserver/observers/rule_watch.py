"""Judges the scenarios of the worlds while they run, and finds each broken rule once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from workerkit.mockserver.world.world import World
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.run_builder import build_run
from workerkit.mockserver.worlds.worlds import ExchangeOrChange, Worlds
from workerkit.openapi.masking.mask import Mask
from workerkit.scenarios.rules.judge import Verdict, judge, masked
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation

# A judgement takes longer if a world has more exchanges. The mock keeps most of its time for requests.
_PAUSE_FACTOR = 20.0
_MIN_PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class RuleNews:
    """What is new about the rules of one scenario.

    world: the name of the world.
    scenario: the name of the scenario.
    broken: the rules that are found broken for the first time, without secrets.
    verdict: `pass` or `fail` if the scenario has ended since the last time. None if it has not.
    """

    world: str
    scenario: str
    broken: tuple[Violation, ...]
    verdict: str | None


@dataclass(slots=True)
class _Told:
    """What was already told about a scenario: the ids of its broken rules, and its end."""

    rules: set[str] = field(default_factory=set)
    is_over: bool = False


class RuleWatch:
    """Judges one world after the other, each after it got requests. Use `note` as subscriber of `Worlds`.

    Before the end of a scenario, only rules count that the worker cannot keep any more. At its end all rules
    count, and later requests are not judged.

    run_in_server_thread: calls a function in the thread of the mock. The rules are checked in the thread of
        the caller, on a record of the run, so that no request waits for them.
    now: a clock in seconds. It never goes back.
    """

    def __init__(
        self,
        worlds: Worlds,
        run_in_server_thread: Callable[[Callable[[], tuple[Run, Mask] | None]], tuple[Run, Mask] | None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._worlds, self._run_in_server_thread, self._now = worlds, run_in_server_thread, now
        self._waiting: dict[str, None] = {}
        self._told: WeakKeyDictionary[Director, _Told] = WeakKeyDictionary()
        self._due = 0.0

    def note(self, world: World, item: ExchangeOrChange) -> None:
        """Notes that a world has something new to judge."""
        self._waiting[world.name] = None

    def news(self) -> Iterator[RuleNews]:
        """Judges a world that has waited for it. Returns its news, if there are any."""
        began = self._now()
        if not self._waiting or began < self._due:
            return
        name = next(iter(self._waiting))
        self._waiting.pop(name)
        taken: list[Director] = []
        record = self._run_in_server_thread(lambda: self._record(name, taken))
        if record is not None:
            yield from self._judge(name, taken[0], *record)
        self._due = self._now() + max(_MIN_PAUSE, _PAUSE_FACTOR * (self._now() - began))

    def _record(self, name: str, taken: list[Director]) -> tuple[Run, Mask] | None:
        """Returns what is needed to judge a world. None if there is nothing to judge."""
        director = self._worlds.director(name) if name in self._worlds.names() else None
        if director is None or director.scenario is None:
            return None
        if self._told.setdefault(director, _Told()).is_over:
            return None
        taken.append(director)
        run = build_run(director, "until" if director.is_over() else "failed", None)
        return run, mask_of(director.world)

    def _judge(self, name: str, director: Director, run: Run, mask: Mask) -> Iterator[RuleNews]:
        told, verdict = self._told[director], masked(judge(run), mask)
        broken = tuple(violation for violation in verdict.broken if violation.rule not in told.rules)
        told.rules.update(violation.rule for violation in broken)
        told.is_over = run.ended_by == "until"
        if broken or told.is_over:
            yield RuleNews(name, verdict.scenario, broken, _outcome(verdict) if told.is_over else None)


def _outcome(verdict: Verdict) -> str:
    return "pass" if verdict.passed else "fail"
