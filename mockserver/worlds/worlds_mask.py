"""Hides the secrets of all worlds of a mock in a text."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from workerkit.mockserver.world.world import World
from workerkit.mockserver.world.world_mask import mask_with, secrets_of
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.formats.steps import Steps
from workerkit.openapi.masking.known_secrets import SecretIndex
from workerkit.openapi.masking.mask import secrets_in

_MAX_FORGOTTEN = 1000


class WorldsMask:
    """Hides the secrets of all worlds. The time for a text almost does not depend on the number of worlds.

    To make a pattern for the secrets of thousands of worlds would take minutes. So an index first finds the
    few secrets that may be in the text.
    """

    def __init__(self, worlds: Worlds) -> None:
        self._worlds = worlds
        self._forget_all()

    def text_in_steps(self, text: str, extra_json: Any = None) -> Steps[str]:
        """The text without secrets. New worlds are read first, one in each step.

        extra_json: a JSON value. The values of its secret fields are hidden, too.
        """
        if self._read > 2 * len(self._worlds.names()) + _MAX_FORGOTTEN:
            self._forget_all()
        for world in self._worlds.all():
            yield
            self._read_world(world)
        possible = self._index.possible_secrets(text)
        return mask_with([*possible, *secrets_in(extra_json)]).text(text)

    def _read_world(self, world: World) -> None:
        secrets = secrets_of(world)
        if self._counts.get(world) != len(secrets):
            self._read += world not in self._counts
            self._counts[world] = len(secrets)
            self._index.add(self._index.new_secrets(secrets))

    def _forget_all(self) -> None:
        """Empties the index. It cannot forget only the secrets of removed worlds."""
        self._index = SecretIndex()
        self._counts: WeakKeyDictionary[World, int] = WeakKeyDictionary()
        self._read = 0
