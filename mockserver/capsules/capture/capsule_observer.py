"""Saves a capsule of each world of a running mock when the world ends."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from workerkit.mockserver.atomic_file import CannotWriteError
from workerkit.mockserver.capsules.capture.capture import capture_world, verdict_notes
from workerkit.mockserver.capsules.capture.folder import CapsuleFolder
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.run_builder import build_run
from workerkit.mockserver.worlds.snapshot import snapshot_of
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.formats.visible_text import visible_text
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.judge import judge, masked

_log = logging.getLogger("workerkit.mockserver")


@dataclass
class _Session:
    """The data about one world. It is kept from a start or restart of the world until the world ends.

    first_snapshot: the world before its first request.
    manual_changes: a note for each control-plane call after the first request.
    """

    first_snapshot: dict[str, Any]
    manual_changes: list[str] = field(default_factory=list)


class CapsuleObserver:
    """Saves a capsule when a world ends: if its scenario failed, or if it has no scenario.

    A world ends when it is reset, replaced or deleted, and when the mock stops. A world without requests gets
    no capsule. If a capsule cannot be written, the log says so, and the mock continues.
    """

    def __init__(self, folder: CapsuleFolder, print_line: Callable[[str], None]) -> None:
        self._folder = folder
        self._print_line = print_line
        self._sessions: dict[str, _Session] = {}

    def world_began(self, director: Director) -> None:
        """Takes a snapshot of a world that has just started or restarted."""
        self._sessions[director.world.name] = _Session(snapshot_of(director))

    def world_called(self, director: Director, call: str) -> None:
        """Notes that the control plane may have changed the world.

        Before the first request, the changed world becomes the first snapshot. Later, the capsule gets a note
        about the change.
        """
        world, session = director.world, self._sessions[director.world.name]
        if world.journal.count == session.first_snapshot["exchanges"]:
            session.first_snapshot = snapshot_of(director)
        else:
            session.manual_changes.append(
                phrase(
                    "after exchange {number} the control plane was called ({call}): a replay does not repeat "
                    "this change",
                    number=world.journal.count,
                    call=call,
                )
            )

    def world_ended(self, director: Director) -> None:
        """Saves the capsule of a world that has ended, if the world needs one."""
        world, session = director.world, self._sessions.pop(director.world.name)
        if world.journal.count == session.first_snapshot["exchanges"]:
            return
        if director.scenario is None:
            self._save(f"the exchanges of the world {world.name}", world.name, director, session, [])
            return
        verdict = masked(judge(build_run(director, "until", None)), mask_of(world))
        if not verdict.passed:
            notes = verdict_notes(director.scenario, verdict)
            self._save(f"scenario {verdict.scenario} failed", verdict.scenario, director, session, notes)

    def _save(
        self, description: str, name: str, director: Director, session: _Session, notes: list[str]
    ) -> None:
        try:
            notes = [*notes, *session.manual_changes]
            capsule = capture_world(director, session.first_snapshot, notes=notes)
            self._print_line(f"{description}: {self._folder.save(name, capsule)}")
        except CannotWriteError as error:
            _log.error("%s", visible_text(f"no capsule of {name}: {error}"))


@contextmanager
def watch_worlds(observer: CapsuleObserver | None, worlds: Worlds) -> Iterator[None]:
    """Inside `with`, `observer` watches all worlds of the mock.

    At the end of the block, `world_ended` of the observer is called for each world that still exists. Does
    nothing if `observer` is None.
    """
    if observer is None:
        yield
        return
    worlds.add_observer(observer)
    try:
        yield
    finally:
        for name in worlds.names():
            observer.world_ended(worlds.director(name))
