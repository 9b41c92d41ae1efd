"""Replays a capsule against the mock or against a real server, and makes the capsule smaller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workerkit.contracts.gate.pace import Pace
from workerkit.contracts.resend.address import NO_KEY, address_of
from workerkit.contracts.resend.policy import capsule_to_send, key_replacements
from workerkit.contracts.target.plan import Writes, default_rate, default_writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.contracts.target.target import Target
from workerkit.mockserver.capsules.comparison.difference import Difference
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.replay.reconstructed_replay import (
    ReplayResult,
    replay_in_dialect,
    sound_twin,
)
from workerkit.mockserver.capsules.replay.replay import replay, replay_against_server
from workerkit.mockserver.capsules.replay.shrink import shrink_capsule

Replay = Callable[[Capsule], ReplayResult]


@dataclass(frozen=True, slots=True)
class Replayer:
    """A capsule and a function that replays it.

    capsule: the capsule to replay.
    replay: replays the capsule, or a smaller one with a part of its exchanges.
    """

    capsule: Capsule
    replay: Replay

    def smaller_capsule(self, result: ReplayResult, on_progress: Callable[[int], None]) -> Capsule:
        """Leaves out exchanges while a replay still shows the first difference of the complete capsule.

        result: the result of a replay of the complete capsule.
        on_progress: called each time a replay finds the difference again. It gets the number of the exchange
            that differs.
        """

        def find_with(replay_part: Replay) -> Callable[[Capsule], Difference | None]:
            def find(part: Capsule) -> Difference | None:
                difference = replay_part(part).difference
                if difference is not None and difference.is_like(result.difference):
                    on_progress(difference.number)
                return difference

            return find

        dialect = result.dialect if not result.is_alone else None
        find_fast = None if dialect is None else find_with(lambda part: replay_in_dialect(part, dialect))
        twin = None if result.build_world is None else sound_twin(self.capsule, result)
        return shrink_capsule(
            self.capsule, result.difference, find_with(self.replay), find_fast=find_fast, twin=twin
        )


def mock_replayer(capsule: Capsule, *, name: str) -> Replayer:
    """Replays a capsule against the mock. `name` is the name of the capsule file, for messages."""
    return Replayer(capsule, lambda part: replay(part, name=name))


def server_replayer(capsule: Capsule, url: str, keys: tuple[str, ...], writes: Writes | None) -> Replayer:
    """Replays a capsule against a server.

    url: the base URL of the server.
    keys: the API keys to send. They replace the recorded keys that the server accepted, in their order.
    writes: what the requests may change on the server. None means the default for the URL.

    Raises BadTargetError for a wrong URL. Raises NotPermittedError if a key is missing, or if a request may
    change more than `writes` allows.
    """
    address, replacements = address_of(url), key_replacements(capsule, keys)
    target = Target(url, *(keys or (NO_KEY,)))
    to_send = capsule_to_send(capsule, writes or default_writes(target))
    pace = Pace(default_rate(target), RunClock())
    return Replayer(
        to_send,
        lambda part: replay_against_server(part, address, keys=replacements, pace=pace.wait_for_turn),
    )
