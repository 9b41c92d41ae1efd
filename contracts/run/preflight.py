"""The first requests of a run. They check that the target is the Worker API, and that it accepts the keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from urllib.parse import parse_qs

from workerkit.contracts.gate.client import NO_KEY, Client
from workerkit.contracts.gate.gate import TOO_MANY_REQUESTS, Gate
from workerkit.contracts.gate.way_trouble import PROXY_STATUSES, is_way_trouble
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.target.fake_ids import fake_id
from workerkit.contracts.target.target import Target
from workerkit.contracts.target.target_mask import mask_of
from workerkit.openapi.errors import CannotRunError
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.spec.api import worker_api

# The schemas of the answers whose form the API page shows.
_ANSWERS = ("TaskPage", "HeartbeatAnswer", "LinkUpdateAnswer", "BulkAnswer", "LogAnswer")


class CannotTestError(CannotRunError, RuntimeError):
    """The run cannot begin. The text says why and contains no secrets."""


class TargetUnreachableError(CannotTestError):
    """The target gave no answer."""


class NotThisApiError(CannotTestError):
    """The answer does not come from the Worker API."""


class KeyRefusedError(CannotTestError):
    """The target answered 401 to a key."""


def check_target(target: Target, gate: Gate, say: Callable[[str], None]) -> Target:
    """Sends GET /tasks with `api_key` and `other_api_key`. Returns the target with the usable keys.

    If both keys belong to one server, the second key is left out, and `say` gets a message. If the first
    answer has nothing of the Worker API, more requests follow, all without a key. The target is another API
    only if none of these answers has a field of the Worker API, and none is 401.

    Raises TargetUnreachableError, NotThisApiError, KeyRefusedError or CannotTestError. Other mistakes of the
    server raise nothing, because the rules check them.
    """
    own = _check_own_key(target, gate)
    if target.other_api_key is None or is_way_trouble(own):
        return target
    # Another query: with the same one, a cache that ignores the key would give both keys the same answer.
    other = Client(gate, target.other_api_key).get_tasks(limit=2)
    if other.status == 401:
        raise KeyRefusedError(_key_refused_text(target, "other API key", "other-api-key"))
    name, server_id = (ParsedExchange(own).answer_field(field) for field in ("server_name", "server_id"))
    if server_id is None or server_id != ParsedExchange(other).answer_field("server_id"):
        return target
    say(
        mask_of(target).text(
            phrase("--other-api-key is not used: it is another key of the same server, {name}.", name=name)
        )
    )
    return replace(target, other_api_key=None)


def _check_own_key(target: Target, gate: Gate) -> Exchange:
    exchange = Client(gate, target.api_key).get_tasks(limit=1)
    where = f"GET {target.base_url}/tasks"
    if exchange.status in PROXY_STATUSES and not gate.is_answering():
        raise CannotTestError(f"{where} answers {exchange.status}: the API or its proxy is down")
    if exchange.status is None:
        why = mask_of(target).text(exchange.why)
        raise TargetUnreachableError(f"{where} got no answer: {why}")
    if exchange.status == 401:
        raise KeyRefusedError(_key_refused_text(target, "API key", "api-key"))
    if exchange.status == TOO_MANY_REQUESTS:
        raise CannotTestError(f"{where} answers 429, too many requests: wait, and give a lower --rate")
    if not any(map(_may_be_this_api, (exchange, *_further_answers(exchange, gate)))):
        raise NotThisApiError(_not_this_api_text(exchange, target, where))
    return exchange


def _further_answers(first: Exchange, gate: Gate) -> Iterator[Exchange]:
    """Answers to all operations without a key. No answers if the first answer is from this API."""
    if _may_be_this_api(first):
        return
    client = Client(gate, NO_KEY)
    for operation in worker_api().operations.values():
        path = operation.path.removeprefix(worker_api().base_path).format(id=fake_id(Random(0)))
        is_read = operation.body_validator is None
        yield client.get_tasks() if is_read else client.send(operation.method, path, {})


def _may_be_this_api(exchange: Exchange) -> bool:
    """True for 401, for a system error, and for a field of an answer of this API.

    An answer that only repeats fields of the request does not count.
    """
    status = exchange.status or 0
    return status == 401 or status >= 500 or bool(_answer_fields(exchange) - _request_fields(exchange))


def _answer_fields(exchange: Exchange) -> set[str]:
    """The fields of this API in the answer. A text in `data` does not count: this API has no text there."""
    answer = exchange.answer_json()
    named = frozenset().union(*map(lenient_spec.field_names, _ANSWERS))
    if not isinstance(answer, dict):
        return set()
    return {name for name in named & set(answer) if name != "data" or not isinstance(answer[name], str)}


def _request_fields(exchange: Exchange) -> set[str]:
    body = exchange.request_json()
    return {*parse_qs(exchange.query), *(body if isinstance(body, dict) else ())}


def _not_this_api_text(exchange: Exchange, target: Target, where: str) -> str:
    headers = dict(exchange.answer_headers)
    if exchange.status is not None and 300 <= exchange.status < 400:
        place = mask_of(target).text(headers.get("location", "another place"))
        return f"{where} redirects to {place}: give the address of the API itself"
    kind = headers.get("content-type", "no content type")
    return (
        f"{where} answers {exchange.status} with {kind}: this is not the Worker API. No answer has a field "
        "of this API, and no request without a key got 401. More: workerkit docs troubleshooting"
    )


def _key_refused_text(target: Target, key: str, option: str) -> str:
    variable = f"WORKERKIT_{option.replace('-', '_').upper()}"
    return (
        f"GET {target.base_url}/tasks answers 401: the {key} is not valid, or its server is not active; "
        f"check --{option} or {variable}, and that the server is online or active. "
        "More: workerkit docs troubleshooting"
    )
