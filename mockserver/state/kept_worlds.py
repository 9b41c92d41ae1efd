"""Keeps the worlds of a mock in a state file: loads them at the start, and saves those that have changed."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from workerkit.mockserver.atomic_file import CannotWriteError
from workerkit.mockserver.state.saved_world import world_from, world_line
from workerkit.mockserver.state.state_file import Place, StateDraft, StateFile, StateLine
from workerkit.mockserver.state.world_origin import origin_of
from workerkit.mockserver.steady_clock import steady_seconds
from workerkit.mockserver.world.refusal import RefusalError
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.key_prefixes import KeyTakenError
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, TooManyWorldsError, Worlds
from workerkit.openapi.errors import UsageError, WorkerkitError
from workerkit.openapi.formats.steps import Steps, finish

T = TypeVar("T")
Background = Callable[[], Coroutine[Any, Any, None]]
_log = logging.getLogger("workerkit.mockserver")
_STEP_SECONDS = 0.0003
# Between two steps the mock answers requests for four times as long.
_PAUSE_SECONDS = 4 * _STEP_SECONDS
_BYTES_TO_WRITE = 2**16


@dataclass(frozen=True, slots=True)
class _Version:
    """Equal as long as a world has not changed.

    exchanges, ended: how many exchanges were added to its journal, and how many of them a fault has ended.
    calls: how many calls of the control plane may have changed it.
    """

    director: Director
    exchanges: int
    ended: int
    calls: int


@dataclass(frozen=True, slots=True)
class _Saved:
    """What the file has of a world, and where."""

    version: _Version
    place: Place


_VersionOf = Callable[[Director], _Version]


@contextmanager
def worlds_kept_in(
    name: str | None, worlds: Worlds, builder: WorldBuilder, *, is_given: bool, interval: float
) -> Iterator[Background | None]:
    """Adds the worlds of a state file. Saves them at the end of the `with` block.

    Returns a function that saves them in the meantime, for the event loop of the mock.

    name: the name of the file. None: only the world `default` is added, and nothing is saved.
    builder, is_given, interval: as in `KeptWorlds`.

    Raises BadStateFileError, UsageError and CannotWriteError.
    """
    if name is None:
        worlds.add(DEFAULT, builder)
        yield None
        return
    with StateFile(name) as file:
        kept = KeptWorlds(file, worlds, interval)
        kept.load(builder, is_given=is_given)
        try:
            yield kept.run
        finally:
            kept.save()


class KeptWorlds:
    """The worlds of a mock, kept in a state file.

    Only worlds that have changed are made into text again; the lines of the others are copied. This happens
    in the event loop of the mock, in steps of a third of a millisecond, for at most a fifth of the time.

    file: the file, inside its `with` block.
    worlds: the worlds of the mock, without any world. `load` adds worlds.
    interval: how long to wait between two saves, in seconds. If the mock is killed, at most the changes of
        this time and of the time of one save are lost.
    """

    def __init__(self, file: StateFile, worlds: Worlds, interval: float) -> None:
        self._file, self._worlds, self._interval = file, worlds, interval
        self._calls: Counter[str] = Counter()
        self._saved: dict[str, _Saved] = {}
        self._reported = ""

    def load(self, builder: WorldBuilder, *, is_given: bool) -> None:
        """Adds the worlds of the file. If the file is new, adds the world `default`, and writes the file.

        builder: builds the world `default` of a new file.
        is_given: whether the user chose what `builder` builds. Then the file must have begun in the same way.

        Raises BadStateFileError, UsageError and CannotWriteError.
        """
        lines = self._file.read()
        for line in lines[1:]:
            self._add(line)
        self._worlds.add_observer(self)
        if not lines:
            self._worlds.add(DEFAULT, builder)
            self.save()
            return
        self._worlds.continue_names(int(lines[0].value.get("last_name", 0)))
        self._check_origin(builder, is_given=is_given)

    async def run(self) -> None:
        """Saves the worlds again and again, in the event loop of the mock, until it is canceled."""
        while True:
            await asyncio.sleep(self._interval)
            if await _finish_slowly(self._has_changed()):
                await self._save_slowly()

    def save(self) -> None:
        """Saves the worlds at once, if one of them has changed. Raises CannotWriteError."""
        if not finish(self._has_changed()):
            return
        save = _Save(self._file.draft(), self._worlds, self._saved, self._version)
        try:
            for text in _collected(save.parts()):
                save.draft.write(text)
            save.draft.replace()
        except BaseException:
            save.draft.drop()
            raise
        self._saved = save.saved

    def world_began(self, director: Director) -> None:
        """Does nothing: a new director is another version of the world."""

    def world_called(self, director: Director, call: str) -> None:
        """Notes that a call of the control plane may have changed a world."""
        self._calls[director.world.name] += 1

    def world_ended(self, director: Director) -> None:
        """Does nothing: the next save leaves out a world that is not there."""

    def _add(self, line: StateLine) -> None:
        try:
            director, builder = world_from(line.value)
            self._worlds.add_director(director, builder)
        except RefusalError as error:
            raise self._file.bad(line.number, error.why) from None
        except TooManyWorldsError as error:
            raise UsageError(
                f"{self._file.name}:{line.number}: {error}. Start with a higher --most-worlds"
            ) from None
        except KeyTakenError as error:
            raise self._file.bad(line.number, str(error)) from None
        except (WorkerkitError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._file.bad(line.number, f"this world cannot be restored: {error}") from None
        self._saved[director.world.name] = _Saved(self._version(director), line.place)

    def _check_origin(self, builder: WorldBuilder, *, is_given: bool) -> None:
        if DEFAULT not in self._worlds.names():
            self._worlds.add(DEFAULT, builder)
        elif is_given and origin_of(builder) != origin_of(_builder(self._worlds, DEFAULT)):
            raise UsageError(
                f"{self._file.name}: the world {DEFAULT} of this file began with other values of --scenario, "
                "--world, --seed or --dialect. Leave out these options to go on with it, or use another file"
            )

    def _version(self, director: Director) -> _Version:
        world = director.world
        return _Version(director, world.journal.count, world.journal.ended_count, self._calls[world.name])

    def _has_changed(self) -> Steps[bool]:
        """Whether a world has changed, begun or ended since the last save."""
        names = self._worlds.names()
        if len(names) != len(self._saved):
            return True
        for name in names:
            yield
            saved = self._saved.get(name)
            if saved is None or not self._worlds.has(name):
                return True
            if saved.version != self._version(self._worlds.director(name)):
                return True
        return False

    async def _save_slowly(self) -> None:
        """Saves the worlds between requests. If this fails, logs why, and leaves the file as it is."""
        try:
            save = _Save(self._file.draft(), self._worlds, self._saved, self._version)
            try:
                await _write_slowly(save)
                await asyncio.to_thread(save.draft.replace)
            except BaseException:
                save.draft.drop()
                raise
        except CannotWriteError as error:
            self._report(str(error))
            return
        self._saved, self._reported = save.saved, ""

    def _report(self, message: str) -> None:
        if message != self._reported:
            _log.error("%s. The mock tries again every %g s", message, self._interval)
        self._reported = message


class _Save:
    """One save. saved: what the draft has, after all parts were written."""

    def __init__(
        self, draft: StateDraft, worlds: Worlds, before: dict[str, _Saved], version: _VersionOf
    ) -> None:
        self.draft = draft
        self.saved: dict[str, _Saved] = {}
        self._worlds, self._before, self._version = worlds, before, version

    def parts(self) -> Iterator[bytes]:
        """The content of the draft in parts, some of them empty. Worlds may change between two parts."""
        head = self.draft.head(self._worlds.last_name)
        size = len(head)
        yield head
        for name in self._worlds.names():
            if not self._worlds.has(name):
                continue
            begin, director = size, self._worlds.director(name)
            version = self._version(director)
            for part in self._line(director, version):
                size += len(part)
                yield part
            self.saved[name] = _Saved(version, Place(begin, size - begin))

    def _line(self, director: Director, version: _Version) -> Iterator[bytes]:
        """The line of a world. If the world has not changed, its line in the present file."""
        before = self._before.get(director.world.name)
        if before is not None and before.version == version:
            return self.draft.copied(before.place)
        return world_line(director, _builder(self._worlds, director.world.name))


def _builder(worlds: Worlds, name: str) -> WorldBuilder:
    """The builder of a world. All worlds of `workerkit serve` are built by this class."""
    builder = worlds.builder(name)
    assert isinstance(builder, WorldBuilder)
    return builder


def _collected(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same text in fewer parts."""
    collected = bytearray()
    for part in parts:
        collected += part
        if len(collected) >= _BYTES_TO_WRITE:
            yield bytes(collected)
            collected.clear()
    yield bytes(collected)


async def _write_slowly(save: _Save) -> None:
    """Writes the draft. Other threads write to the disk. The event loop answers requests in the meantime."""
    collected, end = bytearray(), steady_seconds() + _STEP_SECONDS
    for part in save.parts():
        collected += part
        if len(collected) >= _BYTES_TO_WRITE:
            await asyncio.to_thread(save.draft.write, bytes(collected))
            collected.clear()
        if steady_seconds() >= end:
            await asyncio.sleep(_PAUSE_SECONDS)
            end = steady_seconds() + _STEP_SECONDS
    await asyncio.to_thread(save.draft.write, bytes(collected))


async def _finish_slowly(steps: Steps[T]) -> T:
    """Does all steps. The event loop answers requests in the meantime."""
    end = steady_seconds() + _STEP_SECONDS
    while True:
        try:
            next(steps)
        except StopIteration as result:
            value: T = result.value
            return value
        if steady_seconds() >= end:
            await asyncio.sleep(_PAUSE_SECONDS)
            end = steady_seconds() + _STEP_SECONDS
