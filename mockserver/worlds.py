"""Worlds side by side on one port: the API key of a request says which one it belongs to."""

from __future__ import annotations

from collections.abc import Callable

from workerkit.mockserver.director import Director
from workerkit.mockserver.world import World

DEFAULT = "default"
Founder = Callable[[str], Director]


class KeyTaken(ValueError):
    """An API key already belongs to another world."""


class Worlds:
    """The worlds of one mock, each with the director that plays its scenario.

    A request whose key no world knows goes to the world named `default` or, where there is none, to the
    newest.
    """

    def __init__(self) -> None:
        self._directors: dict[str, Director] = {}
        self._founders: dict[str, Founder] = {}
        self._by_key: dict[str, Director] = {}
        self._count = 0

    def names(self) -> tuple[str, ...]:
        """The names of all worlds, the oldest first."""
        return tuple(self._directors)

    def new_name(self) -> str:
        """A name that no world of this mock has had: `w1`, `w2`, ..."""
        self._count += 1
        return f"w{self._count}"

    def add(self, name: str, founder: Founder) -> Director:
        """Founds a world and keeps how, for its resets. Raises KeyTaken."""
        director = founder(name)
        self._claim(director)
        self._founders[name] = founder
        self._directors[name] = director
        return director

    def director(self, name: str) -> Director:
        """The director of a world; raises KeyError."""
        return self._directors[name]

    def world(self, name: str) -> World:
        """The world of a name; raises KeyError."""
        return self._directors[name].world

    def reset(self, name: str) -> World:
        """Takes a world back to how it began, in one step; raises KeyError."""
        director = self._founders[name](name)
        self._release(name)
        self._claim(director)
        self._directors[name] = director
        return director.world

    def remove(self, name: str) -> None:
        """Forgets a world; its keys are free again. Raises KeyError."""
        self._release(name)
        del self._directors[name], self._founders[name]

    def key_added(self, name: str, key: str) -> None:
        """Takes note of a key that a world got after its founding. Raises KeyTaken."""
        director = self._directors[name]
        if self._by_key.setdefault(key, director) is not director:
            raise KeyTaken(f"the API key {key} belongs to another world")

    def owner(self, key: str | None) -> Director | None:
        """Who directs the world that a request with this API key belongs to; None where there is no world."""
        found = self._by_key.get(key) if key is not None else None
        return found or self._directors.get(DEFAULT) or next(reversed(self._directors.values()), None)

    def _claim(self, director: Director) -> None:
        taken = [key for key in director.world.known_keys() if key in self._by_key]
        if taken:
            raise KeyTaken(f"the API key {taken[0]} belongs to another world")
        self._by_key.update(dict.fromkeys(director.world.known_keys(), director))

    def _release(self, name: str) -> None:
        director = self._directors[name]
        for key in [key for key, each in self._by_key.items() if each is director]:
            del self._by_key[key]
