"""A client that sends requests for all operations of the API, so that the answers can be recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import requests

_SECONDS = 120.0
_UNKNOWN_ID = "00000000-0000-4000-8000-00000000dead"
_TASKS_NEEDED = 18
_LISTS = (
    "",
    "?limit=3",
    "?limit=3&page=2",
    "?limit=1000",
    "?limit=500",
    "?limit=60",
    "?page=2&limit=1000",
    "?status=failed",
    "?status=running,completed&limit=1000",
    "?status=canceled&limit=5",
    "?service_type=none-such",
)


class Caller:
    """Sends requests for all operations: correct requests and requests that a server must refuse."""

    def __init__(self, url: str, key: str, other_key: str) -> None:
        self._url, self._key, self._other_key = url, key, other_key
        self._session = requests.Session()
        self._session.trust_env = False

    def send_all(self) -> None:
        """Sends all requests. They are always the same for a server in the same state."""
        with self._session:
            for _ in range(2):
                self._send(
                    "POST", "/health", {"server_name": "hanoi-07", "cpu_usage": 5.5, "active_tasks": 1}
                )
            tasks = self._list()
            foreign = str(_tasks_of(self._send("GET", "/tasks", key=self._other_key))[0]["id"])
            ids = [str(task["id"]) for task in tasks]
            self._updates(ids[:6], foreign)
            self._batches(ids[6:12], foreign)
            self._callbacks(ids[12:18], str(tasks[12].get("request_id", _UNKNOWN_ID)), foreign)
            self._logs()
            self._refused_requests()
            self._send("GET", "/tasks?status=pending,queued,running,completed,failed,canceled&limit=1000")
            self._send("GET", "/tasks", key=self._other_key)

    def _list(self) -> list[dict[str, Any]]:
        for query in _LISTS:
            self._send("GET", f"/tasks{query}")
        tasks = _tasks_of(self._send("GET", "/tasks"))
        self._send("GET", f"/tasks?service_type={tasks[0].get('service_type', 'blog')}&limit=4")
        for index in (3, 5):
            self._send("GET", f"/tasks?after={tasks[index]['id']}&limit=4")
        self._send("GET", f"/tasks?after={tasks[3]['id']}&status=queued&limit=4")
        return tasks

    def _updates(self, ids: Sequence[str], foreign: str) -> None:
        links = {"link_profile": "https://a.example/p", "link_post": "https://a.example/1"}
        self._send("PUT", f"/tasks/{ids[0]}", {"status": "running"})
        self._send("PUT", f"/tasks/{ids[0]}", {"status": "completed", **links})
        self._send("PUT", f"/tasks/{ids[1]}", {"link_post": "https://a.example/2", "note": "seen"})
        self._send("PUT", f"/tasks/{ids[2]}", {"status": "failed", "error_message": "Captcha failed"})
        self._send("PUT", f"/tasks/{ids[3]}", {"is_indexed": True})
        self._send("PUT", f"/tasks/{foreign}", {"status": "running"})
        self._send("PUT", f"/tasks/{_UNKNOWN_ID}", {"status": "running"})
        self._send("PUT", f"/tasks/{ids[4]}", {"status": "done"})
        self._send("GET", "/tasks?status=running,completed,failed&limit=1000")
        self._send("GET", "/tasks?limit=5")

    def _batches(self, ids: Sequence[str], foreign: str) -> None:
        post = "https://a.example/3"
        good = [{"link_id": task_id, "status": "running"} for task_id in ids[:3]]
        self._send("PUT", "/tasks/bulk", {"items": good})
        others = [{"link_id": task_id, "status": "running"} for task_id in (foreign, _UNKNOWN_ID)]
        last = {"link_id": ids[3], "status": "completed", "link_post": post}
        self._send("PUT", "/tasks/bulk", {"items": [*others, last]})
        many = [{"link_id": f"{_UNKNOWN_ID[:-4]}{number:04x}", "note": "x"} for number in range(501)]
        self._send("PUT", "/tasks/bulk", {"items": many[:500]})
        self._send("PUT", "/tasks/bulk", {"items": many})
        self._send("GET", "/tasks?status=running,completed&limit=1000")

    def _callbacks(self, ids: Sequence[str], request: str, foreign: str) -> None:
        post = "https://a.example/4"
        self._send("POST", "/callback/link/update", {"link_id": ids[0], "status": "running"})
        self._send("POST", "/callback/link/update", {"link_id": ids[1], "link_post": post})
        self._send("POST", "/callback/link/update", {"link_id": ids[2], "status": "done"})
        self._send("GET", "/tasks?status=running,queued,pending&limit=1000")
        self._send("POST", "/callback/link/update", {"link_id": foreign, "status": "running"})
        self._send("POST", "/callback/link/update", {"link_id": _UNKNOWN_ID, "status": "running"})
        self._send("POST", "/callback/link/update", {"status": "running"})
        self._send("POST", "/callback/link/complete", {"link_id": ids[0], "link_post": post})
        self._send("POST", "/callback/link/complete", {"link_id": foreign})
        self._send("POST", "/callback/link/complete", {"link_id": _UNKNOWN_ID})
        self._send("POST", "/callback/request/status", {"request_id": request, "status": "running"})
        self._send("POST", "/callback/request/status", {"request_id": _UNKNOWN_ID, "status": "running"})
        self._send("POST", "/callback/account/status", {"account_id": _UNKNOWN_ID, "status": "active"})
        self._send("GET", "/tasks?status=running,completed&limit=1000")

    def _logs(self) -> None:
        entries = [{"level": level, "message": "hi"} for level in ("INFO", "WARN", "ERROR", "DEBUG")]
        for batch in (entries, [*entries, {"level": "TRACE", "message": "hi"}], entries[:1] * 500):
            self._send("POST", "/logs", {"logs": batch})
        self._send("POST", "/logs", {"logs": entries[:1] * 501})

    def _refused_requests(self) -> None:
        self._send("GET", "/tasks", key="nobody's key")
        for method, path, body in (
            ("GET", "/tasks", None),
            ("POST", "/health", {}),
            ("POST", "/logs", {"logs": [{"level": "INFO", "message": "hi"}]}),
        ):
            self._send(method, path, body, key="")
        self._send("POST", "/logs", {"logs": "many"})

    def _send(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        key = self._key if key is None else key
        headers = {"Connection": "close", **({"X-API-Key": key} if key else {})}
        answer = self._session.request(method, self._url + path, json=body, headers=headers, timeout=_SECONDS)
        try:
            return answer.json()
        except ValueError:
            return None


def _tasks_of(page: Any) -> list[dict[str, Any]]:
    """The tasks of a page. If a broken server lists too few tasks, tasks with an unknown id are added."""
    data = page.get("data") if isinstance(page, dict) else None
    listed = (
        [task for task in data if isinstance(task, dict) and "id" in task] if isinstance(data, list) else []
    )
    return [*listed, *[{"id": _UNKNOWN_ID}] * _TASKS_NEEDED]
