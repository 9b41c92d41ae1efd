"""Worlds side by side on one port: the API key of a request says which one it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.director import Director
from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.run_record.change import Change

DEFAULT = "default"
Builder = Callable[[str], Director]
News = Exchange | Change
Watcher = Callable[[World, News], None]


class WorldObserver(Protocol):
    """Whoever wants to know when worlds begin and end. It must neither wait nor raise."""

    def begun(self, director: Director) -> None:
        """A world began, or began anew."""

    def called(self, director: Director, call: str) -> None:
        """A call of the control plane, by its operationId, was for a world, and may have changed it."""

    def ended(self, director: Director) -> None:
        """No further request comes to a world."""


class KeyTakenError(WorkerkitError, ValueError):
    """An API key already belongs to another world."""


class Worlds:
    """The worlds of one mock, each with the director that plays its scenario.

    A request whose key no world knows goes to the world named `default` or, where there is none, to the
    newest.
    """

    def __init__(self) -> None:
        self._directors: dict[str, Director] = {}
        self._builders: dict[str, Builder] = {}
        self._by_key: dict[str, Director] = {}
        self._watchers: tuple[Watcher, ...] = ()
        self._observers: tuple[WorldObserver, ...] = ()
        self._listeners: dict[str, Callable[[News], None]] = {}
        self._count = 0

    def names(self) -> tuple[str, ...]:
        """The names of all worlds, the oldest first."""
        return tuple(self._directors)

    def new_name(self) -> str:
        """A name that no world of this mock has had: `w1`, `w2`, ..."""
        self._count += 1
        return f"w{self._count}"

    def add(self, name: str, builder: Builder) -> Director:
        """Founds a world and keeps how, for its resets. Raises KeyTaken."""
        director = builder(name)
        self._install(name, director, "added")
        self._builders[name] = builder
        return director

    def director(self, name: str) -> Director:
        """The director of a world; raises KeyError."""
        return self._directors[name]

    def world(self, name: str) -> World:
        """The world of a name; raises KeyError."""
        return self._directors[name].world

    def reset(self, name: str) -> World:
        """Takes a world back to how it began, in one step; raises KeyError, KeyTaken."""
        director = self._builders[name](name)
        self._install(name, director, "reset")
        return director.world

    def restore(self, name: str, director: Director) -> None:
        """Puts a director with its world in the place of another, in one step; raises KeyTaken.

        A reset still takes the world back to how the first one began.
        """
        self._install(name, director, "restored")

    def remove(self, name: str) -> None:
        """Forgets a world; its keys are free again. Raises KeyError."""
        director = self._directors[name]
        self._tell(director.world, self._turn(name, "removed"))
        self._release(name)
        self._listeners.pop(name, None)
        del self._directors[name], self._builders[name]
        for observer in self._observers:
            observer.ended(director)

    def key_added(self, name: str, key: str) -> None:
        """Takes note of a key that a world got after its founding. Raises KeyTaken."""
        director = self._directors[name]
        if self._by_key.setdefault(key, director) is not director:
            raise KeyTakenError(f"the API key {key} belongs to another world")

    def owner(self, key: str | None) -> Director | None:
        """Who directs the world that a request with this API key belongs to; None where there is no world."""
        found = self._by_key.get(key) if key is not None else None
        return found or self._directors.get(DEFAULT) or next(reversed(self._directors.values()), None)

    def observe(self, observer: WorldObserver) -> None:
        """Tells `observer` of the worlds that there are, and from now on of each beginning and end."""
        self._observers = (*self._observers, observer)
        for director in self._directors.values():
            observer.begun(director)

    def called(self, name: str, call: str) -> None:
        """Takes note that the control plane may have changed a world, if it is still there."""
        if name in self._directors:
            for observer in self._observers:
                observer.called(self._directors[name], call)

    def watch(self, watcher: Watcher) -> None:
        """Tells `watcher` of each exchange and change in every world; it must neither wait nor raise."""
        self._watchers = (*self._watchers, watcher)
        for director in self._directors.values():
            self._listen(director.world)

    def unwatch(self, watcher: Watcher) -> None:
        """Tells a watcher no more. Worlds that nobody watches spend no time on it."""
        self._watchers = tuple(each for each in self._watchers if each != watcher)
        if not self._watchers:
            for name, listener in self._listeners.items():
                self._directors[name].world.journal.unlisten(listener)
                self._directors[name].world.listener = None
            self._listeners.clear()

    def _listen(self, world: World) -> None:
        if world.name not in self._listeners:
            listener = self._listeners[world.name] = partial(self._tell, world)
            world.journal.listen(listener)
            world.listener = listener

    def _tell(self, world: World, news: News) -> None:
        for watcher in self._watchers:
            watcher(world, news)

    def _turn(self, name: str, event: str) -> Change:
        world = self._directors[name].world
        return Change("world", name, "state", None, event, world.clock.glance(), world.journal.count)

    def _install(self, name: str, director: Director, event: str) -> None:
        """Lets a director reign over a name, its keys included. Who reigned before may end what has begun."""
        self._claim(name, director)
        before = self._directors.get(name)
        self._directors[name] = director
        self._listeners.pop(name, None)
        for observer in self._observers:
            if before is not None:
                observer.ended(before)
            observer.begun(director)
        if self._watchers:
            self._listen(director.world)
            self._tell(director.world, self._turn(name, event))

    def _claim(self, name: str, director: Director) -> None:
        own = self._directors.get(name)
        keys = director.world.known_keys()
        taken = [key for key in keys if self._by_key.get(key, own) is not own]
        if taken:
            raise KeyTakenError(f"the API key {taken[0]} belongs to another world")
        if own is not None:
            self._release(name)
        self._by_key.update(dict.fromkeys(keys, director))

    def _release(self, name: str) -> None:
        director = self._directors[name]
        for key in [key for key, each in self._by_key.items() if each is director]:
            del self._by_key[key]
