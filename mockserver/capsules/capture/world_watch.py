"""Keeps how the worlds of a mock began, and writes capsules of what went on in them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from workerkit.mockserver.atomic_file import CannotWriteError
from workerkit.mockserver.capsules.capture.capture import notes_of, taken
from workerkit.mockserver.capsules.capture.folder import CapsuleFolder
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.run_builder import run_of
from workerkit.mockserver.worlds.snapshot import snapshot
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.scenarios.rules.judge import judge, masked

_log = logging.getLogger("workerkit.mockserver")


@dataclass
class _Session:
    """A world as it was before its first request, and the calls that changed it by hand later."""

    beginning: dict[str, Any]
    meddling: list[str] = field(default_factory=list)


class WorldWatch:
    """Puts a capsule of each world that ends on a shelf: where its scenario failed, or where it had none.

    A world ends when it is reset, replaced or deleted, and with the mock. One that nobody sent a request to
    leaves no capsule. What cannot be written later is told in the log, and the mock goes on.
    """

    def __init__(self, shelf: CapsuleFolder, say: Callable[[str], None]) -> None:
        self._shelf = shelf
        self._say = say
        self._reigns: dict[str, _Session] = {}

    def begun(self, director: Director) -> None:
        """A world began, or began anew."""
        self._reigns[director.world.name] = _Session(snapshot(director))

    def called(self, director: Director, call: str) -> None:
        """The control plane may have changed a world; before the first request that is how it begins."""
        world, reign = director.world, self._reigns[director.world.name]
        if world.journal.count == reign.beginning["exchanges"]:
            reign.beginning = snapshot(director)
        else:
            reign.meddling.append(
                f"after exchange {world.journal.count} the control plane was called ({call}): "
                "what that changed is not in a replay"
            )

    def ended(self, director: Director) -> None:
        """No further request comes to a world."""
        world, reign = director.world, self._reigns.pop(director.world.name)
        if world.journal.count == reign.beginning["exchanges"]:
            return
        if director.scenario is None:
            self._put(f"the session of the world {world.name}", world.name, director, reign, [])
            return
        verdict = masked(judge(run_of(director, "until", None)), mask_of(world))
        if not verdict.passed:
            notes = notes_of(director.scenario, verdict)
            self._put(f"scenario {verdict.scenario} failed", verdict.scenario, director, reign, notes)

    def _put(self, what: str, name: str, director: Director, reign: _Session, notes: list[str]) -> None:
        try:
            capsule = taken(director, reign.beginning, notes=[*notes, *reign.meddling])
            self._say(f"{what}: {self._shelf.put(name, capsule)}")
        except CannotWriteError as error:
            _log.error("no capsule of %s: %s", name, error)


@contextmanager
def kept(keeper: WorldWatch | None, worlds: Worlds) -> Iterator[None]:
    """Lets a keeper, if there is one, see all worlds, those that there are and those to come, to the end."""
    if keeper is None:
        yield
        return
    worlds.observe(keeper)
    try:
        yield
    finally:
        for name in worlds.names():
            keeper.ended(worlds.director(name))
