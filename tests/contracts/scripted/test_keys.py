"""The message of an accepted wrong key says what is wrong with the key."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.contracts.small_server import Json, SmallServer, serving
from tests.independent.step_trial import run_steps
from workerkit.contracts.scripted.keys import send_inactive_key, send_wrong_keys


class TakesAnyKey(SmallServer):
    """A fault: every key is the key of the first server."""

    def is_taken(self, key: str) -> bool:
        return bool(key)

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, Json]:
        taken = self.is_taken(headers.get("X-API-Key") or "")
        right = {**dict(headers), "X-API-Key": "own-key"} if taken else headers
        return super().answer(method, target, right, body)


class TakesSimilarKeys(TakesAnyKey):
    """A fault: a key is only compared at its beginning, and its case does not matter."""

    def is_taken(self, key: str) -> bool:
        return key.lower().startswith("own")


@pytest.mark.parametrize(
    ("server", "keys"),
    [
        (TakesAnyKey, ["an unknown key", "the key of an inactive server"]),
        (
            TakesSimilarKeys,
            [
                "the key and one more character",
                "the first half of the key",
                "the key with upper and lower case exchanged",
            ],
        ),
    ],
)
def test_the_message_says_what_is_wrong_with_the_key(server: type[SmallServer], keys: list[str]) -> None:
    with serving(server()) as target:
        ledger, _ = run_steps(
            replace(target, inactive_api_key="old-key"), [send_wrong_keys, send_inactive_key]
        )
    messages = [finding.message for finding in ledger.findings if "GET /tasks" in finding.message]
    assert messages == [f"GET /tasks with {key} was answered 200, expected 401" for key in keys]
