"""What is wrong with the key of a request."""

from __future__ import annotations

from workerkit.contracts.run.wrong_keys import wrong_keys
from workerkit.contracts.target.target import Target
from workerkit.openapi.exchange import Exchange


def with_key(number: int, key: str | None) -> Exchange:
    headers = () if key is None else (("x-api-key", key),)
    path = "/api/v1/worker/tasks"
    return Exchange(number, "listTasks", None, "GET", path, "", headers, b"", 200, (), b"{}", 0.0, 0.0)


def test_each_wrong_key_is_named() -> None:
    keys = ("own", "other", "sleeping", "nobody", None)
    exchanges = [with_key(number, key) for number, key in enumerate(keys)]
    target = Target("http://127.0.0.1:1/api/v1/worker", "own", "other", "sleeping")
    assert wrong_keys(exchanges, target) == {2: "inactive", 3: "unknown", 4: "missing"}


def test_without_an_inactive_server_a_missing_key_stays_a_missing_key() -> None:
    target = Target("http://127.0.0.1:1/api/v1/worker", "own")
    assert wrong_keys([with_key(1, None), with_key(2, "own")], target) == {1: "missing"}
