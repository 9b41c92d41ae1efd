"""Plays the server's side of a capsule to a worker, and looks whether it asks what was asked before."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.replay.capsule_server import CapsuleServer
from workerkit.mockserver.capsules.replay.matching import Difference
from workerkit.mockserver.workers.command import Command
from workerkit.mockserver.workers.worker_environment import filled_in
from workerkit.openapi.exchange import Exchange

_SECONDS_BETWEEN_LOOKS = 0.02
_SECONDS_AFTER_THE_LAST = 1.0


@dataclass(frozen=True, slots=True)
class WorkerReplay:
    """How a worker did: the first of its requests that was not as recorded, if any, and how it ended.

    `matched` counts the recorded exchanges that it asked for; `missed` are the others. `ended` says in words
    how the play ended, `output` is what the worker printed.
    """

    matched: int
    missed: tuple[Exchange, ...]
    difference: Difference | None
    ended: str
    output: str


def perform(
    capsule: Capsule, words: Sequence[str], *, time_limit: float, in_order: bool = False
) -> WorkerReplay:
    """Plays a capsule's answers to a worker's command.

    Each request gets the answer of the first exchange left that means the same, which has to be the next one
    where they are to come in order; delays are those recorded, up to two seconds. The command is ended when
    all answers were given, when it asks what was not recorded, when it asks for nothing new for much longer
    than the recorded one ever did, or at the limit. Raises CommandNotFound.
    """
    with (
        CapsuleServer(capsule, in_order=in_order) as theatre,
        Command(filled_in(words, theatre.settings), theatre.environment) as command,
    ):
        ended = _followed(theatre, command, time_limit)
        command.end()
        output = command.output()
        return WorkerReplay(theatre.matched, theatre.missed, theatre.difference(ended), ended, output)


def _followed(theatre: CapsuleServer, command: Command, time_limit: float) -> str:
    """Waits for the end of a play; how it ended, in words."""
    deadline = time.monotonic() + time_limit
    while time.monotonic() < deadline:
        code = command.wait(_SECONDS_BETWEEN_LOOKS)
        if code is not None:
            return f"the worker exited with {code}"
        if theatre.is_over:
            command.wait(_SECONDS_AFTER_THE_LAST)
            return "the recording was over"
        if theatre.has_departed:
            return "the worker was ended when it left the recording"
        if theatre.seconds_without_news > theatre.patience:
            return f"the worker was ended when it had asked for nothing new for {theatre.patience:.0f} s"
    return f"the worker was ended at the time limit, after {time_limit:g} s"
