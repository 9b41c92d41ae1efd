"""Runs a worker against the recorded answers of a capsule, and compares the requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workerkit.mockserver.capsules.comparison.difference import Difference, request_line
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.replay.capsule_server import CapsuleServer
from workerkit.mockserver.steady_clock import steady_seconds
from workerkit.mockserver.workers.command import Command
from workerkit.mockserver.workers.worker_environment import fill_placeholders
from workerkit.openapi.errors import CannotRunError
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase

_SECONDS_BETWEEN_CHECKS = 0.02
_SECONDS_AFTER_LAST_ANSWER = 1.0


class IncompleteCapsuleError(CannotRunError):
    """A capsule lacks the body of an answer. The message names the exchange."""


@dataclass(frozen=True, slots=True)
class WorkerReplay:
    """The result of a replay to a worker.

    matched: how many recorded requests the worker sent.
    missed: the recorded exchanges whose requests the worker did not send.
    difference: the first difference; None if all recorded requests came.
    ended: how the replay ended, in words.
    output: the worker's output.
    has_keys: whether an API key was recorded. If not, the worker's keys were not compared.
    """

    matched: int
    missed: tuple[Exchange, ...]
    difference: Difference | None
    ended: str
    output: str
    has_keys: bool


def replay_to_worker(
    capsule: Capsule, words: Sequence[str], *, time_limit: float, in_order: bool = False
) -> WorkerReplay:
    """Runs a worker's command against the recorded answers of the capsule.

    words: the command and its arguments.
    time_limit: seconds after which the worker is stopped.
    in_order: True if the requests must come in the recorded order. Otherwise any order is allowed.

    Each request gets the answer of the next recorded request that matches it. The answer comes after the
    recorded delay, but after 2 seconds at most. The worker is stopped when one of these is true:

    - All recorded answers were given.
    - A request came that does not match the recording.
    - The worker does not send any of the remaining recorded requests for `CapsuleServer.patience` seconds.
    - The time limit is over.

    Raises CommandNotFoundError. Raises IncompleteCapsuleError if a recorded answer has no body to give.
    """
    _check_complete(capsule)
    with (
        CapsuleServer(capsule, in_order=in_order) as server,
        Command(fill_placeholders(words, server.settings), server.environment) as command,
    ):
        ended = _wait_for_end(server, command, time_limit)
        command.end()
        output = command.output()
        return WorkerReplay(
            server.matched, server.missed, server.difference(ended), ended, output, server.has_keys
        )


def _check_complete(capsule: Capsule) -> None:
    """Raises IncompleteCapsuleError if the body of a recorded answer is left out."""
    for recorded in capsule.recorded:
        if recorded.lacks_body:
            exchange = recorded.exchange
            raise IncompleteCapsuleError(
                f"the recorded answers cannot be given to a worker: exchange {exchange.number} "
                f"({request_line(exchange)}): {exchange.why}. "
                "Remove this exchange from the file, or record again. More: workerkit docs reference/capsules"
            )


def _wait_for_end(server: CapsuleServer, command: Command, time_limit: float) -> str:
    """Waits until the replay ends. Returns in words how it ended."""
    deadline = steady_seconds() + time_limit
    while steady_seconds() < deadline:
        exit_code = command.wait(_SECONDS_BETWEEN_CHECKS)
        if exit_code is not None:
            return phrase("the worker exited with code {exit_code}", exit_code=exit_code)
        if server.is_finished:
            command.wait(_SECONDS_AFTER_LAST_ANSWER)
            return phrase("all recorded answers were given")
        if server.got_unexpected_request:
            return phrase("the worker was stopped because it sent a request that is not in the recording")
        if server.seconds_since_match > server.patience:
            return phrase(
                "the worker was stopped because it sent none of the missing requests for {patience:.0f} s",
                patience=server.patience,
            )
    return phrase("the worker was stopped at the time limit of {time_limit:g} s", time_limit=time_limit)
