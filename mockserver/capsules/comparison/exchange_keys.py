"""The API keys in recorded exchanges, and the keys of a worker that stand for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workerkit.mockserver.capsules.comparison.request_difference import request_meaning
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import key_of
from workerkit.openapi.spec.api import worker_api


def exchanges_by_key(exchanges: list[Exchange]) -> dict[str, list[Exchange]]:
    """The exchanges with an answer, grouped by the API key of the request."""
    groups: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        key = key_of(exchange)
        if key and exchange.status is not None:
            groups.setdefault(key, []).append(exchange)
    return groups


def refuses_key(exchange: Exchange) -> bool:
    """Whether the server refused the API key itself.

    A 401 always means that the key was refused. A 403 means this only if the API's documentation page has no
    403 for the operation. A documented 403 has another reason.
    """
    operation = worker_api().operations.get(exchange.operation or "")
    has_no_other_403 = operation is not None and 403 not in operation.answer_validators
    return exchange.status == 401 or (exchange.status == 403 and has_no_other_403)


class WorkerKeys:
    """Matches the worker's API keys with the recorded keys, one to one, in the order in which they appear.

    The worker's keys may have any values. A key that has the value of a recorded key stands for this key. If
    nothing is known about the recorded keys, the worker's keys are not compared.

    recorded: the recorded exchanges.
    has_any: whether an API key was recorded.
    """

    def __init__(self, recorded: Sequence[Exchange]) -> None:
        by_answer = sorted(recorded, key=lambda exchange: not exchange.accepted)
        self.first = next(filter(None, map(key_of, by_answer)), None)
        self._free = [key for key in dict.fromkeys(map(key_of, recorded)) if key]
        self._count = len(self._free)
        self.has_any = bool(self._free)
        self._recorded_keys: dict[str, str] = {}

    def with_recorded_key(self, request: Exchange, waiting: Sequence[Exchange]) -> Exchange:
        """The request with the recorded key in place of the worker's key.

        waiting: the recorded exchanges whose requests did not come yet. If the key is new, it stands for the
            first free key with which this request was recorded; if there is none, for the first free key.

        If all recorded keys have their worker's key, the new key becomes a sentence that says so.
        """
        key = key_of(request)
        if not key:
            return request
        if not self.has_any:
            return _without_key(request)
        if key not in self._recorded_keys:
            self._recorded_keys[key] = self._recorded_key(request, key, waiting)
        return _with_key(request, self._recorded_keys[key])

    def _recorded_key(self, request: Exchange, key: str, waiting: Sequence[Exchange]) -> str:
        if not self._free:
            keys = "1 key" if self._count == 1 else f"{self._count} keys"
            return f"a further key, but the recording has {keys}: LIKEPION_API_KEY should be {self.first}"
        same = (free for free in self._free if _is_recorded(_with_key(request, free), waiting))
        recorded_key = key if key in self._free else next(same, self._free[0])
        self._free.remove(recorded_key)
        return recorded_key


def _is_recorded(request: Exchange, waiting: Sequence[Exchange]) -> bool:
    meaning = request_meaning(request)
    return any(request_meaning(exchange) == meaning for exchange in waiting)


def _without_key(request: Exchange) -> Exchange:
    headers = (header for header in request.request_headers if header[0] != worker_api().key_header)
    return replace(request, request_headers=tuple(headers))


def _with_key(request: Exchange, key: str) -> Exchange:
    header = worker_api().key_header
    return replace(
        request,
        request_headers=tuple(
            (name, key if name == header else text) for name, text in request.request_headers
        ),
    )
