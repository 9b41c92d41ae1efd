"""The same seed and the same requests: the same bytes, in two processes."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

Sent = tuple[str, str, Any]


@contextmanager
def served(seed: int) -> Iterator[str]:
    """A mock in a process of its own; gives its base URL."""
    code = "from workerkit.cli.main import main; main()"
    words = [sys.executable, "-c", code, "serve", "--port", "0", "--seed", str(seed)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        base_url = process.stdout.readline().split()[-1]
        stop_clock(base_url)
        yield base_url
    finally:
        process.terminate()
        process.communicate()
    assert process.returncode == 0


def stop_clock(base_url: str) -> None:
    """So that a slow machine, on which a second may pass between two requests, changes nothing."""
    where = urlsplit(base_url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=120)
    body = json.dumps({"freeze": "2025-12-01T10:00:00Z"})
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/_mock/worlds/default/clock", body, headers)
    assert connection.getresponse().status == 200
    connection.close()


def answers(base_url: str, requests: list[Sent]) -> list[bytes]:
    where = urlsplit(base_url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=120)
    got = []
    for method, path, body in requests:
        data = None if body is None else json.dumps(body)
        connection.request(method, where.path + path, data, {"X-API-Key": "your-server-key"})
        answer = connection.getresponse()
        got.append(f"{answer.status} {answer.getheaders()}\n".encode() + answer.read())
    connection.close()
    return got


def requests_of(base_url: str) -> list[Sent]:
    """Requests of every kind, for ids that the first page tells."""
    page = json.loads(answers(base_url, [("GET", "/tasks?limit=3", None)])[0].split(b"\n", 1)[1])
    first, second, third = (task["id"] for task in page["data"])
    return [
        ("POST", "/health", {"cpu_usage": 1.5}),
        ("PUT", f"/tasks/{first}", {"status": "running"}),
        ("PUT", "/tasks/bulk", {"items": [{"link_id": second, "status": "failed", "error_message": "x"}]}),
        ("POST", "/callback/link/complete", {"link_id": third}),
        ("GET", f"/tasks?after={first}&limit=5", None),
        ("GET", "/tasks?status=running,failed,completed&limit=1000", None),
        ("GET", "/tasks?limit=1001", None),
        ("POST", "/logs", {"logs": [{"level": "INFO", "message": "done"}]}),
        ("POST", "/health", {}),
    ]


def test_two_processes_of_one_seed_answer_with_the_same_bytes() -> None:
    with served(7) as one, served(7) as other:
        requests = requests_of(one)
        assert requests_of(other) == requests
        assert answers(one, requests) == answers(other, requests)


def test_another_seed_is_another_world() -> None:
    with served(7) as one, served(8) as other:
        assert requests_of(one) != requests_of(other)
