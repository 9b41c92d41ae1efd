"""Finds out with requests what a server checks and keeps."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any

from benchmarks.peers.calls import Call, headers

_MARK = "https://example.com/profile/marked"


@dataclass(frozen=True, slots=True)
class Findings:
    """The behaviour of a server.

    key: whether it refuses a wrong API key.
    body: whether it refuses an invalid body.
    parameter: whether it refuses an invalid query parameter.
    state: whether it keeps a change.
    """

    key: bool
    body: bool
    parameter: bool
    state: bool


def probe(port: int, base_path: str, calls: tuple[Call, ...]) -> Findings:
    """Sends wrong requests, and a change. Returns how the server behaves."""
    heartbeat, update, page = calls
    prober = _Prober(port, base_path)
    target, _ = update.requests[0]
    change = {"status": "completed", "link_profile": _MARK}
    return Findings(
        key=prober.status(heartbeat, "/health", heartbeat.requests[0][1], key="no-such-key") >= 400,
        body=prober.status(heartbeat, "/health", b'{"cpu_usage": "high"}') >= 400,
        parameter=prober.status(page, "/tasks?limit=1001") >= 400,
        state=prober.status(update, target, json.dumps(change).encode()) == 200
        and _MARK.encode() in prober.answer(page, "/tasks?status=completed&limit=1000")[1],
    )


def post(port: int, path: str, value: dict[str, Any]) -> None:
    """Posts JSON. Raises ConnectionError if the status of the answer is 400 or higher."""
    status, text = _exchange(port, "POST", path, json.dumps(value).encode(), {})
    if status >= 400:
        raise ConnectionError(f"{path}: {status} {text.decode()}")


@dataclass(frozen=True, slots=True)
class _Prober:
    port: int
    base_path: str

    def status(self, call: Call, target: str, body: bytes = b"", *, key: str | None = None) -> int:
        return self.answer(call, target, body, key=key)[0]

    def answer(
        self, call: Call, target: str, body: bytes = b"", *, key: str | None = None
    ) -> tuple[int, bytes]:
        extra = {"X-API-Key": key} if key else {}
        return _exchange(self.port, call.method, self.base_path + target, body, extra)


def _exchange(port: int, method: str, path: str, body: bytes, extra: dict[str, str]) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body or None, {**headers(body), **extra})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
