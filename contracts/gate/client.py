"""A client for single requests. The caller chooses the method, the path, the body and the key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from workerkit.contracts.gate.gate import GATE_URL, Gate
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.spec.api import worker_api

NO_KEY = ""
_JSON = "application/json"


class Client:
    """Sends single requests through the gate, by default with the target's key.

    A body of bytes is sent unchanged. Every other body is sent as JSON. Raises RunEndedError, WithheldError
    and LeftOutError. At the beginning and at the end of a run, the gate also returns exchanges without an
    own answer of the target.
    """

    def __init__(self, gate: Gate, api_key: str) -> None:
        self._gate = gate
        self._session = gate.session()
        self._api_key = api_key

    def get_tasks(self, key: str | None = None, **query: str | int) -> Exchange:
        """Sends GET /tasks with these query parameters."""
        return self.get_tasks_with(query, key)

    def get_tasks_with(self, query: Mapping[str, str | int], key: str | None = None) -> Exchange:
        """Sends GET /tasks with the query parameters of a mapping."""
        return self._gate.send_recorded(self._request("GET", "/tasks", key, params=query))

    def send(
        self, method: str, path: str, body: Any, key: str | None = None, *, kind: str = _JSON
    ) -> Exchange:
        """Sends a request with this body. `kind` is the content type."""
        return self._gate.send_recorded(self._request(method, path, key, **_content(body, kind)))

    def may_send(self, method: str, path: str, body: Any, key: str | None = None) -> bool:
        """True if the gate lets this request pass: `send` would not raise WithheldError."""
        return self._gate.is_allowed(self._request(method, path, key, **_content(body)))

    def _request(
        self,
        method: str,
        path: str,
        key: str | None,
        headers: Mapping[str, str] | None = None,
        **content: Any,
    ) -> requests.PreparedRequest:
        api_key = self._api_key if key is None else key
        key_headers = {worker_api().key_header_name: api_key} if api_key else {}
        request = requests.Request(
            method, GATE_URL + path, headers={**key_headers, **(headers or {})}, **content
        )
        return self._session.prepare_request(request)


def _content(body: Any, kind: str = _JSON) -> dict[str, Any]:
    data = body if isinstance(body, bytes) else render(body)
    return {"data": data, "headers": {"Content-Type": kind}}
