"""The kit's own requests: legal ones, and ones that are wrong in one known way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from workerkit.contracts.wire import GATE_URL, KEY_HEADER, Ended, Gate, Withheld
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.jsontext import render

NO_KEY = ""


class Client:
    """Sends single requests through the gate, by default with the target's key.

    Where no answer comes, the exchange says so; nothing is raised but Ended and Withheld.
    """

    def __init__(self, gate: Gate, api_key: str) -> None:
        self._gate = gate
        self._session = gate.session()
        self._api_key = api_key

    def tasks(self, key: str | None = None, **query: str | int) -> Exchange:
        """The answer to GET /tasks with these query parameters."""
        return self._exchange("GET", "/tasks", key, params=query)

    def send(self, method: str, path: str, body: Any, key: str | None = None) -> Exchange:
        """The answer to a request with a JSON body; bytes are sent as they are."""
        data = body if isinstance(body, bytes) else render(body)
        return self._exchange(method, path, key, data=data, headers={"Content-Type": "application/json"})

    def _exchange(
        self,
        method: str,
        path: str,
        key: str | None,
        headers: Mapping[str, str] | None = None,
        **parts: Any,
    ) -> Exchange:
        sent_key = self._api_key if key is None else key
        keys = {KEY_HEADER: sent_key} if sent_key else {}
        try:
            self._session.request(method, GATE_URL + path, headers={**keys, **(headers or {})}, **parts)
        except (Ended, Withheld):
            raise
        except requests.RequestException:
            pass
        return self._gate.exchanges[-1]
