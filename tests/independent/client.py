"""A client by the standard library, in the words of the page."""

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

EVERY = ",".join(STATUSES)


@dataclass(frozen=True)
class Reply:
    """An answer; `document` is None where the body is no JSON."""

    status: int
    document: Any
    body: bytes


@dataclass(frozen=True)
class Client:
    """Asks a running server, under the key of its first server unless told otherwise; None sends no key."""

    running: Running
    key: str | None

    @classmethod
    def of(cls, running: Running) -> Client:
        return cls(running, running.seeded.api_key)

    @property
    def other(self) -> Client:
        """The same under another server's key."""
        return replace(self, key=self.running.seeded.other_api_key)

    @property
    def inactive(self) -> Client:
        """The same under an offline server's key."""
        return replace(self, key=self.running.seeded.inactive_api_key)

    def under(self, key: str | None) -> Client:
        return replace(self, key=key)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """Bytes and text are sent as they are, anything else as JSON."""
        address = urlsplit(self.running.base_url)
        data = body if isinstance(body, bytes | str | None) else json.dumps(body)
        sent = {"Content-Type": "application/json"} if data is not None else {}
        sent |= {} if self.key is None else {"X-API-Key": self.key}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(address.netloc, timeout=120)
        try:
            connection.request(method, address.path + path, data, sent)
            answer = connection.getresponse()
            return _reply(answer.status, answer.read())
        finally:
            connection.close()

    def listing(self, **query: object) -> Reply:
        return self.ask("GET", f"/tasks?{urlencode(query)}")

    def page(self, **query: object) -> Record:
        """The document of a list."""
        document: Record = self.listing(**query).document
        return document

    def tasks(self, **query: object) -> list[Record]:
        tasks: list[Record] = self.page(**query)["data"]
        return tasks

    def ids(self, **query: object) -> list[str]:
        return [task["id"] for task in self.tasks(**query)]

    def some(self, status: str = "pending", number: int = 0) -> str:
        """The id of an own task of this status."""
        return self.ids(status=status, limit=50)[number]

    def shown(self, link_id: str) -> Record:
        """A task as the list shows it.

        Raises LookupError where it does not.
        """
        for task in self.tasks(status=EVERY, limit=1000):
            if task["id"] == link_id:
                return task
        raise LookupError(link_id)

    def put(self, link_id: str, **fields: object) -> Reply:
        return self.ask("PUT", f"/tasks/{quote(link_id, safe='')}", fields)

    def bulk(self, *items: object) -> Reply:
        return self.ask("PUT", "/tasks/bulk", {"items": items})

    def log(self, *levels: object) -> Reply:
        return self.ask("POST", "/logs", {"logs": [{"level": level, "message": "xong"} for level in levels]})

    def heartbeat(self, **fields: object) -> Reply:
        usage = {"cpu_usage": 45.5, "ram_usage": 60.2, "disk_usage": 30.0}
        counts = {"active_threads": 5, "active_tasks": 12}
        body = {"server_name": "hanoi-07", "ip": "192.168.1.100", **usage, **counts, **fields}
        return self.ask("POST", "/health", body)

    def call_back(self, name: str, **fields: object) -> Reply:
        return self.ask("POST", f"/callback/{name}", fields)

    def at_once(self, *changes: tuple[str, Record]) -> list[Reply]:
        """Updates of tasks that are sent at the same time, a thread each."""
        barrier = Barrier(len(changes))
        with ThreadPoolExecutor(len(changes)) as pool:
            return list(pool.map(partial(self._put_after, barrier), changes))

    def _put_after(self, barrier: Barrier, change: tuple[str, Record]) -> Reply:
        barrier.wait()
        return self.put(change[0], **change[1])


def unknown() -> str:
    """An id that is nobody's."""
    return str(uuid.uuid4())


def _reply(status: int, body: bytes) -> Reply:
    try:
        return Reply(status, json.loads(body), body)
    except ValueError:
        return Reply(status, None, body)
