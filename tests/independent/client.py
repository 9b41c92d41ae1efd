"""A client of the Worker API, made with the standard library."""

from __future__ import annotations

import http.client
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from threading import Barrier
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from tests.independent.call import Record
from tests.independent.kinds import STATUSES
from tests.independent.running import Running

ALL_STATUSES = ",".join(STATUSES)


@dataclass(frozen=True)
class ClientAnswer:
    """A received answer. `document` is the JSON of the body, or None if the body is not JSON."""

    status: int
    document: Any
    body: bytes


@dataclass(frozen=True)
class Client:
    """Sends requests to a running server.

    key: the API key to send. None: no key is sent.
    """

    running: Running
    key: str | None

    @classmethod
    def of(cls, running: Running) -> Client:
        return cls(running, running.seeded.api_key)

    @property
    def other_server(self) -> Client:
        """A client with the key of another server."""
        return replace(self, key=self.running.seeded.other_api_key)

    @property
    def inactive_server(self) -> Client:
        """A client with the key of an offline server."""
        return replace(self, key=self.running.seeded.inactive_api_key)

    def with_key(self, key: str | None) -> Client:
        return replace(self, key=key)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> ClientAnswer:
        """Sends a request. A body of bytes or text is sent unchanged, any other body as JSON."""
        address = urlsplit(self.running.base_url)
        data = body if isinstance(body, bytes | str | None) else json.dumps(body)
        all_headers = {"Content-Type": "application/json"} if data is not None else {}
        all_headers |= {} if self.key is None else {"X-API-Key": self.key}
        all_headers |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(address.netloc, timeout=120)
        try:
            connection.request(method, address.path + path, data, all_headers)
            answer = connection.getresponse()
            return _client_answer(answer.status, answer.read())
        finally:
            connection.close()

    def list_tasks(self, **query: object) -> ClientAnswer:
        return self.send("GET", f"/tasks?{urlencode(query)}")

    def page(self, **query: object) -> Record:
        """Returns the JSON of a list."""
        document: Record = self.list_tasks(**query).document
        return document

    def tasks(self, **query: object) -> list[Record]:
        tasks: list[Record] = self.page(**query)["data"]
        return tasks

    def ids(self, **query: object) -> list[str]:
        return [task["id"] for task in self.tasks(**query)]

    def task_id(self, status: str = "pending", number: int = 0) -> str:
        """Returns the id of a task of this server with this status."""
        return self.ids(status=status, limit=50)[number]

    def listed_task(self, link_id: str) -> Record:
        """Returns a task from the list of all tasks.

        Raises LookupError if the list does not have it.
        """
        for task in self.tasks(status=ALL_STATUSES, limit=1000):
            if task["id"] == link_id:
                return task
        raise LookupError(link_id)

    def put(self, link_id: str, **fields: object) -> ClientAnswer:
        return self.send("PUT", f"/tasks/{quote(link_id, safe='')}", fields)

    def bulk(self, *items: object) -> ClientAnswer:
        return self.send("PUT", "/tasks/bulk", {"items": items})

    def log(self, *levels: object) -> ClientAnswer:
        return self.send("POST", "/logs", {"logs": [{"level": level, "message": "xong"} for level in levels]})

    def heartbeat(self, **fields: object) -> ClientAnswer:
        usage = {"cpu_usage": 45.5, "ram_usage": 60.2, "disk_usage": 30.0}
        counts = {"active_threads": 5, "active_tasks": 12}
        body = {"server_name": "hanoi-07", "ip": "192.168.1.100", **usage, **counts, **fields}
        return self.send("POST", "/health", body)

    def call_back(self, name: str, **fields: object) -> ClientAnswer:
        return self.send("POST", f"/callback/{name}", fields)

    def put_at_once(self, *changes: tuple[str, Record]) -> list[ClientAnswer]:
        """Sends several updates of tasks at the same time, each in its own thread."""
        barrier = Barrier(len(changes))
        with ThreadPoolExecutor(len(changes)) as pool:
            return list(pool.map(partial(self._put_after, barrier), changes))

    def _put_after(self, barrier: Barrier, change: tuple[str, Record]) -> ClientAnswer:
        barrier.wait()
        return self.put(change[0], **change[1])


def unknown_id() -> str:
    """Returns an id that no entity has."""
    return str(uuid.uuid4())


def _client_answer(status: int, body: bytes) -> ClientAnswer:
    try:
        return ClientAnswer(status, json.loads(body), body)
    except ValueError:
        return ClientAnswer(status, None, body)
