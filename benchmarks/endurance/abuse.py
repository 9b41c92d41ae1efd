"""`python -m benchmarks.endurance.abuse [REQUESTS]`: sends 100,000 (or REQUESTS) bad requests to a mock.

The requests are random bytes, or have wrong paths, queries, headers or bodies. No answer may have a 5xx
status. The mock must still answer at the end. In the second half of the requests its memory may grow by 8 MB
at most. Prints a report as JSON. The exit code is 1 if something is wrong.
"""

from __future__ import annotations

import http.client
import json
import random
import socket
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.running import Running, free_port

REQUESTS = 100_000
SEED = 1
TIMEOUT_SECONDS = 20.0
MAX_GROWTH_MB = 8
BASE = b"/api/v1/worker"
PATHS = (
    b"/health",
    b"/tasks",
    b"/tasks/bulk",
    b"/logs",
    b"/callback/link/update",
    b"/callback/link/complete",
)
METHODS = (b"GET", b"POST", b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"HEAD", b"get", b"\x00", b"CONNECT")
VALUES = (
    b"null",
    b"true",
    b"NaN",
    b"1e999",
    b"-0",
    b"9" * 400,
    b'"\\ud800"',
    b'"\xff"',
    b"[" * 300,
    b"{" * 300,
    b'"' + b"x" * 5000 + b'"',
    b"[]",
    b"{}",
    b'{"status":5}',
    b'{"items":[{}]}',
    b'{"logs":[null]}',
    b"\xef\xbb\xbf{}",
    b'{"link_id":"x","status":"running"}',
    b"",
    b"{",
    b"\x00",
)
ENDINGS = (
    b"",
    b"/",
    b"//",
    b"/%00",
    b"/%2e%2e",
    b"/%ff",
    b"?limit=-1",
    b"?limit=%00",
    b"?status=,,",
    b"?a=1&a=2",
    b"?after=%ff",
    b"/" + b"y" * 3000,
    b"?" + b"z=1&" * 1200,
    b"#x",
    b"/../..",
    b"/;x",
    b"?page=" + b"9" * 40,
)
HEADERS = (
    b"X-API-Key: your-server-key",
    b"X-API-Key: your-server-key\r\nX-API-Key: your-server-key",
    b"X-API-Key:",
    b"x-api-key: \xe2\x82\xac",
    b"Content-Encoding: gzip",
    b"Transfer-Encoding: chunked",
    b"Expect: 100-continue",
    b"Upgrade: websocket\r\nConnection: Upgrade",
    b"Content-Type: text/plain",
    b"Host: [",
    b"A: " + b"b" * 7000,
    b"Cookie: \x01",
    b"no colon at all",
    b" folded",
    b"Content-Length: 7",
)


class BadRequestSender:
    """Sends random bad requests, each on a new connection. `statuses` counts the answers by status."""

    def __init__(self, port: int) -> None:
        self._port, self._random = port, random.Random(SEED)
        self.statuses: Counter[str] = Counter()

    def run(self, requests: int) -> None:
        """Sends this number of requests."""
        for _ in range(requests):
            self.statuses[self._send(self._request())] += 1

    def _send(self, request: bytes) -> str:
        with socket.create_connection(("127.0.0.1", self._port), timeout=TIMEOUT_SECONDS) as connection:
            try:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
                received = b"".join(iter(lambda: connection.recv(65536), b""))
            except OSError as error:
                return type(error).__name__
        if received.startswith(b"HTTP/1.1 "):
            return received[9:12].decode("latin-1")
        return "no HTTP" if received else "closed"

    def _request(self) -> bytes:
        choose = self._random.choice
        if self._random.random() < 0.1:
            return self._random.randbytes(self._random.randrange(1, 400))
        body = choose(VALUES)
        headers = [choose(HEADERS) for _ in range(self._random.randrange(4))]
        if self._random.random() < 0.7:
            headers += [b"Host: a", b"X-API-Key: your-server-key", b"Content-Length: %d" % len(body)]
        path = BASE + choose(PATHS) + choose(ENDINGS)
        return b"%s %s HTTP/1.1\r\n%s\r\n\r\n%s" % (choose(METHODS), path, b"\r\n".join(headers), body)


def main(requests: int) -> int:
    """Sends the requests to a mock. Returns the exit code."""
    with tempfile.TemporaryDirectory() as folder, _mock(Path(folder)) as mock:
        sender = BadRequestSender(mock.port)
        began = time.monotonic()
        sender.run(requests // 2)
        before = mock.memory()
        sender.run(requests - requests // 2)
        after, seconds = mock.memory(), time.monotonic() - began
        answers = _answers(mock.port)
    report = {
        "requests": requests,
        "seconds": round(seconds, 1),
        "statuses": dict(sender.statuses.most_common()),
        "memory_mb": [round(before, 1), round(after, 1)],
        "answers": answers,
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    failed = [status for status in sender.statuses if status.startswith("5")]
    return 1 if failed or not answers or after - before > MAX_GROWTH_MB else 0


def _mock(folder: Path) -> Running:
    port = free_port()
    command = str(Path(sys.executable).with_name("workerkit"))
    return Running(
        [command, "serve", "--port", str(port), "--seed", str(SEED)],
        {},
        port=port,
        core=0,
        first=("/api/v1/worker/health", b"{}", {"X-API-Key": "your-server-key"}),
        log=folder / "log",
    )


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    connection.request("GET", "/api/v1/worker/tasks", headers={"X-API-Key": "your-server-key"})
    answer = connection.getresponse()
    return answer.status == 200 and "data" in json.loads(answer.read())


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS))
