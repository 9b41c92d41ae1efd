"""What a server leaves out, as it shows when asked: not what its documentation says."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any

from benchmarks.peers.calls import Call, headers

_MARK = "https://example.com/profile/marked"


@dataclass(frozen=True, slots=True)
class Findings:
    """Whether a server refused a wrong key, a forbidden body and a forbidden parameter, and kept a change."""

    key: bool
    body: bool
    parameter: bool
    state: bool


def probe(port: int, base_path: str, calls: tuple[Call, ...]) -> Findings:
    """Asks a server what it was not told."""
    heartbeat, update, page = calls
    asker = _Asker(port, base_path)
    target, _ = update.requests[0]
    change = {"status": "completed", "link_profile": _MARK}
    return Findings(
        key=asker.status(heartbeat, "/health", heartbeat.requests[0][1], key="no-such-key") >= 400,
        body=asker.status(heartbeat, "/health", b'{"cpu_usage": "high"}') >= 400,
        parameter=asker.status(page, "/tasks?limit=1001") >= 400,
        state=asker.status(update, target, json.dumps(change).encode()) == 200
        and _MARK.encode() in asker.answer(page, "/tasks?status=completed&limit=1000")[1],
    )


def post(port: int, path: str, value: dict[str, Any]) -> None:
    """Posts JSON; raises ConnectionError for an answer of 400 or more."""
    status, text = _exchange(port, "POST", path, json.dumps(value).encode(), {})
    if status >= 400:
        raise ConnectionError(f"{path}: {status} {text.decode()}")


@dataclass(frozen=True, slots=True)
class _Asker:
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
