"""What tools show about a run of a worker: a finished trial, or a world in which a worker may still work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from workerkit.cli.mcp.bounded_answer import MAX_TEXT, cut, first_numbers
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.trials.trial import Trial
from workerkit.mockserver.world.journal import as_exchange
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.run_builder import build_run
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.masking.mask import Mask
from workerkit.scenarios.rules.judge import Verdict, judge, masked

Json = dict[str, Any]
_MAX_HEADERS = 20


class ShownRun(Protocol):
    """A run of a worker. What it returns has no secrets."""

    def verdict(self) -> Json:
        """The broken rules, each with a message and the numbers of its exchanges."""

    def exchanges(self) -> tuple[Sequence[Exchange], Mask]:
        """The exchanges, and the mask that replaces their secrets."""


class FinishedTrial:
    """A trial of `exec`."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial

    def verdict(self) -> Json:
        """The verdict, and what the worker printed at the end."""
        trial = self._trial
        return {
            **verdict_json(trial.verdict),
            "seconds": round(trial.seconds, 1),
            "requests": trial.requests,
            "ended_by": trial.run.ended_by,
            "exit_code": trial.run.exit_code,
            "end_of_output": trial.output[-MAX_TEXT:],
        }

    def exchanges(self) -> tuple[Sequence[Exchange], Mask]:
        """All exchanges, also those after the end of the run."""
        return self._trial.run.with_leaving.exchanges, self._trial.mask


class LiveWorld:
    """A world of a running mock. director: its director. Only the thread of the mock uses it."""

    def __init__(self, mock: WorldServer, director: Director) -> None:
        self._mock, self._director = mock, director

    def verdict(self) -> Json:
        """The verdict so far. Raises ValueError if the world has no scenario."""
        if self._director.scenario is None:
            raise ValueError("this world has no scenario, so there is no verdict")
        return self._mock.run_in_server_thread(self._verdict)

    def exchanges(self) -> tuple[Sequence[Exchange], Mask]:
        """The exchanges so far."""
        return self._mock.run_in_server_thread(self._exchanges)

    def _verdict(self) -> Json:
        world = self._director.world
        verdict = masked(judge(build_run(self._director, "until", None)), mask_of(world))
        return {**verdict_json(verdict), "requests": world.journal.count}

    def _exchanges(self) -> tuple[Sequence[Exchange], Mask]:
        world = self._director.world
        return [as_exchange(entry) for entry in world.journal.newest()], mask_of(world)


def verdict_json(verdict: Verdict) -> Json:
    """A verdict as JSON."""
    return {
        "scenario": verdict.scenario,
        "verdict": "pass" if verdict.passed else "fail",
        "broken": [
            {
                "rule": violation.rule,
                "message": cut(violation.message, 2 * MAX_TEXT),
                "exchanges": first_numbers(violation.exchanges),
            }
            for violation in verdict.broken
        ],
        "not_judged": [rule.rule for rule in verdict.not_judged],
    }


def exchange_json(exchange: Exchange, mask: Mask, *, body_start: int) -> Json:
    """An exchange as JSON, without secrets. Its bodies are texts, cut after 1,000 characters.

    body_start: the first character of the bodies that is wanted.
    """
    masked_exchange = mask.exchange(exchange)
    facts = {name: value for name, value in masked_exchange.items() if name not in ("request", "answer")}
    return {
        **{name: cut(value) if isinstance(value, str) else value for name, value in facts.items()},
        **{side: _message(masked_exchange[side], body_start) for side in ("request", "answer")},
    }


def _message(message: Json, body_start: int) -> Json:
    body, headers = message["body"], message["headers"]
    text = "" if body is None else body if isinstance(body, str) else render(body).decode()
    return {
        "headers": [f"{name}: {cut(str(value), 200)}" for name, value in headers[:_MAX_HEADERS]],
        "body": text[body_start : body_start + MAX_TEXT],
        "body_characters": len(text),
    }
