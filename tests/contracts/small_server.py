"""A small correct server of the API in memory, on a real socket. It shares no code with the kit.

Subclasses decide otherwise where the API page is silent, or break a promise.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from workerkit.contracts.target.target import Target

Json = dict[str, Any]
STATUSES = ("pending", "queued", "running", "completed", "failed", "canceled")
KEYS = {"own-key": "server-01", "other-key": "server-02"}
PARAMETERS = {"page", "limit", "after", "status", "service_type"}


class RefusedError(Exception):
    """The server refuses the request, with this HTTP status and this code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(status, code)
        self.status, self.code = status, code


class SmallServer:
    """A correct server. Each method without an underscore is a decision that a subclass may change."""

    UPDATE: ClassVar[Json] = {
        **{"status": str, "link_profile": str, "link_post": str},
        **{"error_message": str, "note": str, "is_indexed": bool},
    }
    HEARTBEAT: ClassVar[Json] = {
        **{"server_name": str, "ip": str, "cpu_usage": float, "ram_usage": float, "disk_usage": float},
        **{"active_threads": int, "active_tasks": int},
    }

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.heartbeats = 0
        self.tasks = [self._new_task(number) for number in range(1, 61)]

    # Decisions

    def id_text(self, number: int) -> str:
        """The form of an id."""
        return str(UUID(int=number << 64 | 0x8000_0000_0000_0000_0000, version=4))

    def time_text(self, second: int) -> str:
        """The form of a time."""
        return f"2025-12-01T10:00:{second:02}Z"

    def body_of(self, body: bytes, content_type: str) -> Any:
        """The JSON of a body."""
        try:
            return json.loads(body)
        except ValueError:
            raise RefusedError(400, "bad_request") from None

    def typed(self, kind: type, value: Any) -> Any:
        """The value of a field of this type."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if kind is int:
            is_valid = is_number and value == int(value)
        else:
            is_valid = is_number if kind is float else isinstance(value, kind)
        if not is_valid:
            raise RefusedError(400, "bad_request")
        return value

    def check_link(self, link: str) -> None:
        """Refuses a link."""

    def check_parameters(self, query: Json) -> None:
        """Refuses query parameters."""

    def echo_page(self, page: int) -> Any:
        """The field `page` of a list."""
        return page

    def selected(self, tasks: list[Json], query: Json) -> list[Json]:
        """The tasks that the filters select."""
        statuses = query.get("status", "pending,queued").split(",")
        service = query.get("service_type")
        found = [task for task in tasks if task["status"] in statuses]
        return [task for task in found if service in (None, task["service_type"])]

    def listed(self, task: Json) -> Json:
        """A task in a list. It may change the task."""
        return {name: value for name, value in task.items() if name != "server"}

    def callback_answer(self, name: str, entity_id: str) -> Json:
        """The answer to a callback."""
        return {"success": True, "data": {"updated": True, name: entity_id}}

    def own_task(self, server: str, task_id: Any) -> Json:
        """The task with this id. Another server's task is 403, an unknown one 404."""
        try:
            same = UUID(task_id)
        except (ValueError, AttributeError, TypeError):
            raise RefusedError(400, "bad_request") from None
        found = next((task for task in self.tasks if UUID(task["id"]) == same), None)
        if found is None:
            raise RefusedError(404, "not_found")
        if found["server"] != server:
            raise RefusedError(403, "not_your_task")
        return found

    def fields(self, kinds: Json, body: Any) -> Json:
        """The fields of a body, with their types."""
        if not isinstance(body, dict):
            raise RefusedError(400, "bad_request")
        found = {name: self.typed(kinds[name], value) for name, value in body.items() if name in kinds}
        if found.get("status", "pending") not in STATUSES:
            raise RefusedError(400, "bad_request")
        for name in ("link_profile", "link_post"):
            if name in found:
                self.check_link(found[name])
        return found

    # Operations

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, Json]:
        """The status and the JSON of the answer."""
        url = urlsplit(target)
        path = url.path.removeprefix("/api/v1/worker")
        server = KEYS.get(headers.get("X-API-Key", ""))
        try:
            if server is None:
                raise RefusedError(401, "unauthorized")
            with self.lock:
                return 200, self._handled(server, method, path, url.query, headers, body)
        except RefusedError as refused:
            return refused.status, {"success": False, "error": refused.code}

    def _handled(self, server: str, method: str, path: str, query: str, headers: Any, body: bytes) -> Json:
        if (method, path) == ("GET", "/tasks"):
            parameters = {name: values[-1] for name, values in parse_qs(query).items()}
            return self._list(server, parameters)
        value = self.body_of(body, headers.get("Content-Type", ""))
        match (method, path):
            case ("POST", "/health"):
                return self._heartbeat(server, value)
            case ("PUT", "/tasks/bulk"):
                return self._bulk(server, value)
            case ("POST", "/logs"):
                return self._logs(value)
            case ("POST", "/callback/link/update"):
                return self._link_update(server, value, {})
            case ("POST", "/callback/link/complete"):
                return self._link_update(server, value, {"status": "completed"})
            case ("POST", "/callback/request/status"):
                return self._entity_status(value, "request_id")
            case ("POST", "/callback/account/status"):
                return self._entity_status(value, "account_id")
        if method == "PUT" and path.startswith("/tasks/"):
            task = self.own_task(server, path.removeprefix("/tasks/"))
            task.update(self.fields(self.UPDATE, value))
            return {"success": True, "data": {"updated": True, "link_id": task["id"]}}
        raise RefusedError(404, "not_found")

    def _list(self, server: str, query: Json) -> Json:
        self.check_parameters(query)
        page, limit = (
            self._number(query.get(name, standard)) for name, standard in (("page", 1), ("limit", 100))
        )
        if page < 1 or not 1 <= limit <= 1000:
            raise RefusedError(400, "bad_request")
        own = [task for task in self.tasks if task["server"] == server]
        if "after" in query:
            places = [
                place for place, task in enumerate(own, 1) if task["id"].lower() == query["after"].lower()
            ]
            rest = self.selected(own[places[0] :] if places else [], query)
            found = rest[:limit]
        else:
            rest = self.selected(own, query)[(page - 1) * limit :]
            found = rest[:limit]
        return {
            **{"server_id": self.id_text(900 + int(server[-1])), "server_name": server},
            "total": len(self.selected(own, query)),
            "data": [self.listed(task) for task in found],
            **{"page": self.echo_page(page), "limit": limit},
            "next_cursor": found[-1]["id"] if len(rest) > limit else None,
        }

    def _number(self, text: Any) -> int:
        if re.fullmatch("-?[0-9]+", str(text)) is None:
            raise RefusedError(400, "bad_request")
        return int(text)

    def _heartbeat(self, server: str, body: Any) -> Json:
        self.fields(self.HEARTBEAT, body)
        self.heartbeats += 1
        data = {"status": "ok", "server_id": self.id_text(900 + int(server[-1])), "server_name": server}
        return {"success": True, "data": {**data, "server_time": self.time_text(self.heartbeats % 60)}}

    def _bulk(self, server: str, body: Any) -> Json:
        items = body.get("items") if isinstance(body, dict) else None
        if not isinstance(items, list) or not 1 <= len(items) <= 500:
            raise RefusedError(400, "bad_request")
        if not all(isinstance(item, dict) and "link_id" in item for item in items):
            raise RefusedError(400, "bad_request")
        changes = [self.fields(self.UPDATE, item) for item in items]
        results = [
            self._result(server, item["link_id"], change) for item, change in zip(items, changes, strict=True)
        ]
        updated = sum(result["success"] for result in results)
        counts = {"total": len(items), "success": updated, "failed": len(items) - updated}
        return {**counts, "results": results}

    def _result(self, server: str, task_id: Any, change: Json) -> Json:
        try:
            self.own_task(server, task_id).update(change)
        except RefusedError as refused:
            return {"link_id": task_id, "success": False, "error": refused.code}
        return {"link_id": task_id, "success": True}

    def _logs(self, body: Any) -> Json:
        entries = body.get("logs") if isinstance(body, dict) else None
        if not isinstance(entries, list) or not 1 <= len(entries) <= 500:
            raise RefusedError(400, "bad_request")
        for entry in entries:
            if not isinstance(entry, dict) or entry.get("level") not in ("INFO", "WARN", "ERROR", "DEBUG"):
                raise RefusedError(400, "bad_request")
            self.typed(str, entry.get("message"))
        return {"success": True, "created": len(entries)}

    def _link_update(self, server: str, body: Any, more: Json) -> Json:
        fields = self.fields(self.UPDATE, body)
        task = self.own_task(server, body.get("link_id"))
        task.update({**fields, **more})
        return self.callback_answer("link_id", task["id"])

    def _entity_status(self, body: Any, name: str) -> Json:
        if not isinstance(body, dict) or name not in body or "status" not in body:
            raise RefusedError(400, "bad_request")
        self.typed(str, body["status"])
        entity_id = self.typed(str, body[name])
        if entity_id not in {task.get(name) for task in self.tasks}:
            raise RefusedError(404, "not_found")
        return self.callback_answer(name, entity_id)

    def _new_task(self, number: int) -> Json:
        texts = ("site_name", "email", "username", "password", "about", "link_profile", "link_post", "config")
        names = ("request_name", "request_website", "type_request")
        return {
            **dict.fromkeys((*texts, *names), ""),
            **{"id": self.id_text(number), "request_id": self.id_text(800), "site_id": self.id_text(700)},
            **{"service_type": ("entity", "social")[number % 2], "status": STATUSES[number % 6]},
            **{"retry_count": 0, "max_retries": 3, "details": None, "started_at": None, "auction_price": 1},
            **{"created_at": self.time_text(number % 60)},
            "server": "server-02" if number % 10 == 0 else "server-01",
        }


@contextmanager
def serving(server: SmallServer) -> Iterator[Target]:
    """Starts the server on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, answer = server.answer(self.command, self.path, self.headers, body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = reply

        def log_message(self, format: str, *args: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Target(f"http://127.0.0.1:{http.server_port}/api/v1/worker", "own-key", "other-key")
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
