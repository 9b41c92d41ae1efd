"""The kit's own requests: legal ones, and ones that are wrong in one known way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from workerkit.contracts.gate.gate import GATE_URL, KEY_HEADER, Gate
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import render

NO_KEY = ""
_JSON = "application/json"


class Client:
    """Sends single requests through the gate, by default with the target's key.

    Where no answer comes, the exchange says so; nothing is raised but Ended and Withheld. A body that is
    bytes is sent as it is, any other as JSON.
    """

    def __init__(self, gate: Gate, api_key: str) -> None:
        self._gate = gate
        self._session = gate.session()
        self._api_key = api_key

    def tasks(self, key: str | None = None, **query: str | int) -> Exchange:
        """The answer to GET /tasks with these query parameters."""
        return self.listing(query, key)

    def listing(self, query: Mapping[str, str | int], key: str | None = None) -> Exchange:
        """The answer to GET /tasks with these query parameters, as a mapping."""
        return self._gate.deliver(self._prepared("GET", "/tasks", key, params=query))

    def send(
        self, method: str, path: str, body: Any, key: str | None = None, *, kind: str = _JSON
    ) -> Exchange:
        """The answer to a request with a JSON body, of this content type."""
        return self._gate.deliver(self._prepared(method, path, key, **_json_parts(body, kind)))

    def may_send(self, method: str, path: str, body: Any, key: str | None = None) -> bool:
        """True for what `send` would not raise Withheld for."""
        return self._gate.may_leave(self._prepared(method, path, key, **_json_parts(body)))

    def _prepared(
        self,
        method: str,
        path: str,
        key: str | None,
        headers: Mapping[str, str] | None = None,
        **parts: Any,
    ) -> requests.PreparedRequest:
        sent_key = self._api_key if key is None else key
        keys = {KEY_HEADER: sent_key} if sent_key else {}
        request = requests.Request(method, GATE_URL + path, headers={**keys, **(headers or {})}, **parts)
        return self._session.prepare_request(request)


def _json_parts(body: Any, kind: str = _JSON) -> dict[str, Any]:
    data = body if isinstance(body, bytes) else render(body)
    return {"data": data, "headers": {"Content-Type": kind}}
