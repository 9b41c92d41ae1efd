"""The worlds of one mock. The API key of a request decides which world gets the request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol, runtime_checkable

from workerkit.mockserver.world.journal import JournalNote
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.key_prefixes import KeyPrefixes, KeyTakenError
from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.steps import Steps, finish
from workerkit.scenarios.run_record.change import Change

DEFAULT = "default"
ExchangeOrChange = Exchange | JournalNote | Change
Subscriber = Callable[[World, ExchangeOrChange], None]


@runtime_checkable
class StepwiseBuilder(Protocol):
    """A builder that can also work in steps, for worlds that can be large."""

    def __call__(self, name: str, /) -> Director:
        """Builds a director with a world of this name."""

    def in_steps(self, name: str, /) -> Steps[Director]:
        """Does the same in steps."""


Builder = Callable[[str], Director] | StepwiseBuilder


class WorldObserver(Protocol):
    """The mock calls these methods when a world begins, may have changed, or ends.

    They must not wait and must not raise.
    """

    def world_began(self, director: Director) -> None:
        """A world was added, reset or restored."""

    def world_called(self, director: Director, call: str) -> None:
        """A call of the control plane may have changed a world.

        call: the operationId of the call.
        """

    def world_ended(self, director: Director) -> None:
        """A world was removed or replaced. It gets no more requests."""


class NameTakenError(WorkerkitError, ValueError):
    """A world with this name exists."""


class TooManyWorldsError(WorkerkitError):
    """The mock has as many worlds as it may have. The message says how many."""


class Worlds:
    """The worlds of one mock, each with its director.

    A request with an unknown key goes to the world `default`. If there is no such world, the request goes to
    the newest world.

    max_count: how many worlds there may be at one time. None for no limit.
    """

    def __init__(self, max_count: int | None = None) -> None:
        self._max_count = max_count
        self._directors: dict[str, Director] = {}
        self._builders: dict[str, Builder] = {}
        self._by_key: dict[str, Director] = {}
        self._keys: dict[str, set[str]] = {}
        self._prefixes = KeyPrefixes()
        self._subscribers: tuple[Subscriber, ...] = ()
        self._observers: tuple[WorldObserver, ...] = ()
        self._listeners: dict[str, Callable[[ExchangeOrChange], None]] = {}
        self._count = 0
        self._uses: Counter[str] = Counter()

    def names(self) -> tuple[str, ...]:
        """The names of all worlds, the oldest first."""
        return tuple(self._directors)

    def has(self, name: str) -> bool:
        """Whether there is a world with this name now."""
        return name in self._directors

    @property
    def last_name(self) -> int:
        """The number in the newest name that `new_name` has returned. 0 if there is none."""
        return self._count

    def continue_names(self, last: int) -> None:
        """Lets `new_name` go on after this number."""
        self._count = max(self._count, last)

    def new_name(self) -> str:
        """A name that this method has not returned before, and that no world has: `w1`, `w2`, ..."""
        while True:
            self._count += 1
            if f"w{self._count}" not in self._directors:
                return f"w{self._count}"

    def add(self, name: str, builder: Builder) -> Director:
        """Builds a world and adds it. `reset` uses the builder again.

        Raises NameTakenError, KeyTakenError and TooManyWorldsError.
        """
        return finish(self.add_in_steps(name, builder))

    def add_in_steps(self, name: str, builder: Builder) -> Steps[Director]:
        """Does the same as `add`. Other requests may come between the steps."""
        self._check_new(name)
        director = yield from _built(builder, name)
        self._check_new(name)
        self._install(name, director, "added")
        self._builders[name] = builder
        return director

    def add_director(self, director: Director, builder: Builder) -> None:
        """Adds a world that was built before, under its own name. `reset` uses the builder.

        Raises NameTakenError, KeyTakenError and TooManyWorldsError.
        """
        self._check_new(director.world.name)
        self._install(director.world.name, director, "restored")
        self._builders[director.world.name] = builder

    def builder(self, name: str) -> Builder:
        """The builder that builds this world as it began. Raises KeyError."""
        return self._builders[name]

    def all(self) -> Iterator[World]:
        """The worlds that exist now, the oldest first."""
        return (director.world for director in tuple(self._directors.values()))

    def use(self, name: str) -> Director | None:
        """The director of a world that the control plane uses. None if no world has this name."""
        director = self._directors.get(name)
        if director is not None:
            self._uses[name] += 1
        return director

    def uses(self, name: str) -> int:
        """How often `use` has returned the director of this world."""
        return self._uses[name]

    def director(self, name: str) -> Director:
        """The director of the world with this name. Raises KeyError."""
        return self._directors[name]

    def world(self, name: str) -> World:
        """The world with this name. Raises KeyError."""
        return self._directors[name].world

    def reset(self, name: str) -> World:
        """Replaces a world by a new one, in one step, with the builder from `add`.

        Raises KeyError, KeyTakenError.
        """
        return finish(self.reset_in_steps(name))

    def reset_in_steps(self, name: str) -> Steps[World]:
        """Does the same as `reset`. Other requests may come between the steps; the old world answers them.

        Raises KeyError also if the world was removed in the meantime.
        """
        director = yield from _built(self._builders[name], name)
        self._check_exists(name)
        self._install(name, director, "reset")
        return director.world

    def restore(self, name: str, director: Director) -> None:
        """Replaces a world and its director by another director, in one step. Raises KeyError, KeyTakenError.

        A later `reset` still uses the builder that `add` got for this name.
        """
        self._check_exists(name)
        self._install(name, director, "restored")

    def remove(self, name: str) -> None:
        """Removes a world. Other worlds may use its keys then. Raises KeyError."""
        director = self._directors[name]
        self._notify(director.world, self._state_change(name, "removed"))
        self._release_keys(name)
        self._listeners.pop(name, None)
        del self._directors[name], self._builders[name], self._uses[name]
        for observer in self._observers:
            observer.world_ended(director)

    def add_key(self, name: str, key: str) -> None:
        """Makes a new API key belong to an existing world. Raises KeyTakenError."""
        director = self._directors[name]
        self._prefixes.check_key(key, director.world)
        if self._by_key.setdefault(key, director) is not director:
            raise KeyTakenError(f"the API key {key} belongs to another world")
        self._keys[name].add(key)
        self._prefixes.claim_key(key, director.world)

    def director_for_key(self, key: str | None) -> Director | None:
        """The director of the world that gets the requests with this key. None if the mock has no world."""
        found = self._by_key.get(key) if key is not None else None
        return found or self._directors.get(DEFAULT) or next(reversed(self._directors.values()), None)

    def add_observer(self, observer: WorldObserver) -> None:
        """Calls `observer` for all existing worlds now, and later when a world begins, may change or ends."""
        self._observers = (*self._observers, observer)
        for director in self._directors.values():
            observer.world_began(director)

    def report_call(self, name: str, call: str) -> None:
        """Tells the observers that a control-plane call may have changed a world, if the world still exists.

        call: the operationId of the call.
        """
        if name in self._directors:
            for observer in self._observers:
                observer.world_called(self._directors[name], call)

    def subscribe(self, subscriber: Subscriber) -> None:
        """Calls `subscriber` with each exchange and each change of all worlds. It must not wait or raise."""
        self._subscribers = (*self._subscribers, subscriber)
        for director in self._directors.values():
            self._listen(director.world)

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Stops calling a subscriber. Without subscribers, the worlds make no calls and lose no time."""
        self._subscribers = tuple(other for other in self._subscribers if other != subscriber)
        if not self._subscribers:
            for name, listener in self._listeners.items():
                self._directors[name].world.journal.remove_listener(listener)
                self._directors[name].world.change_log.listener = None
            self._listeners.clear()

    def _check_new(self, name: str) -> None:
        if name in self._directors:
            raise NameTakenError(f"there is already a world {name}")
        if self._max_count is not None and len(self._directors) >= self._max_count:
            raise TooManyWorldsError(f"the mock has {len(self._directors)} worlds, and may not have more")

    def _check_exists(self, name: str) -> None:
        if name not in self._directors:
            raise KeyError(name)

    def _listen(self, world: World) -> None:
        if world.name not in self._listeners:
            listener = self._listeners[world.name] = partial(self._notify, world)
            world.journal.add_listener(listener)
            world.change_log.listener = listener

    def _notify(self, world: World, item: ExchangeOrChange) -> None:
        for subscriber in self._subscribers:
            subscriber(world, item)

    def _state_change(self, name: str, state: str) -> Change:
        world = self._directors[name].world
        return Change("world", name, "state", None, state, world.clock.peek(), world.journal.count)

    def _install(self, name: str, director: Director, state: str) -> None:
        """Makes `director` the director of the world `name`, and gives it the keys of its world.

        The previous director finishes the requests that it is answering.
        """
        self._claim_keys(name, director)
        previous = self._directors.get(name)
        self._directors[name] = director
        self._listeners.pop(name, None)
        for observer in self._observers:
            if previous is not None:
                observer.world_ended(previous)
            observer.world_began(director)
        if self._subscribers:
            self._listen(director.world)
            self._notify(director.world, self._state_change(name, state))

    def _claim_keys(self, name: str, director: Director) -> None:
        previous = self._directors.get(name)
        self._prefixes.check(director.world)
        keys = director.world.key_ring.all_keys()
        taken = [key for key in keys if self._by_key.get(key, previous) is not previous]
        if taken:
            raise KeyTakenError(f"the API key {taken[0]} belongs to another world")
        if previous is not None:
            self._release_keys(name)
        self._prefixes.claim(director.world)
        self._keys[name] = set(keys)
        self._by_key.update(dict.fromkeys(keys, director))

    def _release_keys(self, name: str) -> None:
        keys = self._keys.pop(name)
        self._prefixes.release(self._directors[name].world, keys)
        for key in keys:
            del self._by_key[key]


def _built(builder: Builder, name: str) -> Steps[Director]:
    if isinstance(builder, StepwiseBuilder):
        return (yield from builder.in_steps(name))
    yield
    return builder(name)
