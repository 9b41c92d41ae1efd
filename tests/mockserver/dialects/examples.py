"""Examples: for each value of a silence, a function that shows how a world with this value behaves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.mockserver.dialects.dialect_client import DialectClient, Json, OpenClient
from workerkit.openapi.spec.silence import silences

ExampleFunction = Callable[[DialectClient], None]

# Values of other silences without which an example would show nothing.
_OTHER_CHOICES: dict[str, Json] = {
    "refused-transition": {"transitions": "strict"},
    "link-update-flow": {"transitions": "strict", "refused-transition": "409"},
    "completion-flow": {"transitions": "strict", "refused-transition": "409"},
    "content-type": {"missing-body": "empty"},
    "foreign-cursor": {"unknown-cursor": "not-found"},
    "offline-heartbeat": {"heartbeat-silence": "offline"},
}
# KeyError and TypeError: the answer has another form than the example expects.
_FAILURES = (AssertionError, KeyError, TypeError)


class Examples:
    """The examples of one test file."""

    def __init__(self) -> None:
        self._functions: dict[tuple[str, str], ExampleFunction] = {}

    def pairs(self) -> list[tuple[str, str]]:
        """The id of the silence and the value of each example."""
        return list(self._functions)

    def add(self, silence: str, value: str) -> Callable[[ExampleFunction], ExampleFunction]:
        """Decorates a function whose assertions hold only in worlds with this value of the silence."""

        def register(function: ExampleFunction) -> ExampleFunction:
            assert (silence, value) not in self._functions
            self._functions[silence, value] = function
            return function

        return register

    def silences(self) -> list[str]:
        """The ids of the silences that have examples here."""
        return list(dict.fromkeys(silence for silence, _ in self._functions))

    def check(self, open_client: OpenClient, silence: str, value: str) -> None:
        """Runs an example in a world with its value."""
        with open_client({**_OTHER_CHOICES.get(silence, {}), silence: value}) as client:
            self._functions[silence, value](client)

    def check_other_values(self, open_client: OpenClient, silence: str, value: str) -> None:
        """Runs an example in worlds with other values. It must fail in each of them."""
        for other in set(silences()[silence].values) - {value}:
            choices = {**_OTHER_CHOICES.get(silence, {}), silence: other}
            with open_client(choices) as client, pytest.raises(_FAILURES):
                self._functions[silence, value](client)

    def check_default(self, open_client: OpenClient, silence: str) -> None:
        """Runs the example of the default value in a world that does not choose a value."""
        with open_client(_OTHER_CHOICES.get(silence, {})) as client:
            self._functions[silence, silences()[silence].default](client)
