"""Sends the requests of examples to a server, and compares the answers with those of the examples."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from workerkit.contracts.target.target import Target

_PATHS = re.compile(r"^(GET|PUT|POST) (\S+)$")
_KEY = "X-API-Key: "
# In place of a list: how long it is.
_LENGTH = re.compile(r"(\d+) (tasks|items|entries)")
_UNKNOWN = "00000000-0000-4000-8000-000000000000"

Answer = tuple[int, Any]


class Examples:
    """The examples on one server. Its tasks are those of the mock with the seed 1."""

    def __init__(self, target: Target, *, foreign_task: str, request: str) -> None:
        self._target = target
        first, last, following = (task["id"] for task in self._list("/tasks?limit=3", target.api_key))
        self._names = {
            "OWN_TASK": first,
            "FOREIGN_TASK": foreign_task,
            "UNKNOWN_ID": _UNKNOWN,
            "FIRST_ID": first,
            "LAST_ID": last,
            "NEXT_ID": following,
            "REQUEST_ID": request,
        }

    def answer_to(self, requests: str) -> Answer:
        """Sends the requests, one after the other. Returns the last answer."""
        answers = [self._send(*text.strip().splitlines()) for text in requests.split("\n\n")]
        return answers[-1]

    def is_like(self, answer: Answer, expected: str) -> bool:
        """Whether an answer has the status of the expected one, and all that its JSON has."""
        status, _, body = self._named(expected).partition(" ")
        return answer[0] == int(status) and (not body or _contains(answer[1], json.loads(body)))

    def _list(self, path: str, key: str | None) -> list[dict[str, Any]]:
        return list(self._exchange("GET", path, None, key)[1]["data"])

    def _send(self, first: str, *lines: str) -> Answer:
        match = _PATHS.match(first)
        assert match is not None, f"no request: {first}"
        keys = [self._key(line.removeprefix(_KEY)) for line in lines if line.startswith(_KEY)]
        bodies = [_expanded(line) for line in lines if not line.startswith(_KEY)]
        body = self._named(bodies[0]) if bodies else None
        key = keys[0] if keys else self._target.api_key
        return self._exchange(match[1], self._named(match[2]), body, key)

    def _key(self, words: str) -> str | None:
        return {
            "(none)": None,
            "the key of an offline server": self._target.inactive_api_key,
            "a valid key and further letters": f"{self._target.api_key}x",
        }[words]

    def _named(self, text: str) -> str:
        for name, value in self._names.items():
            text = text.replace(name, value)
        return text

    def _exchange(self, method: str, path: str, body: str | None, key: str | None) -> Answer:
        url = urlsplit(self._target.base_url)
        connection = http.client.HTTPConnection(url.netloc)
        headers = {"Content-Type": "application/json", **({} if key is None else {"X-API-Key": key})}
        try:
            connection.request(method, url.path + path, body, headers)
            answer = connection.getresponse()
            return answer.status, _json_or_text(answer.read())
        finally:
            connection.close()


def _json_or_text(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")


def _expanded(body: str) -> str:
    """A body with the entries that the example only counts."""
    entry = {"level": "INFO", "message": "Task started"}
    item = {"link_id": "OWN_TASK", "status": "running"}
    return body.replace('"501 entries"', json.dumps([entry] * 501)).replace(
        '"501 items"', json.dumps([item] * 501)
    )


def _contains(actual: Any, expected: Any) -> bool:
    length = _LENGTH.fullmatch(expected) if isinstance(expected, str) else None
    if length is not None:
        return isinstance(actual, list) and len(actual) == int(length[1])
    if isinstance(expected, Mapping):
        return isinstance(actual, Mapping) and all(
            name in actual and _contains(actual[name], value) for name, value in expected.items()
        )
    if isinstance(expected, list) and expected:
        # Tasks that were changed in the same run may come before or after.
        return isinstance(actual, list) and all(
            any(_contains(item, part) for item in actual) for part in expected
        )
    return bool(actual == expected and isinstance(actual, type(expected)))
