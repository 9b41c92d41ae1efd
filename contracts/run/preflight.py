"""The first requests of a run. They check that the target is the Worker API, and that it accepts the keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from workerkit.contracts.gate.client import Client
from workerkit.contracts.gate.gate import TOO_MANY_REQUESTS, Gate
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.target.target import Target
from workerkit.contracts.target.target_mask import mask_of
from workerkit.openapi.errors import CannotRunError
from workerkit.openapi.exchange import Exchange

# A gateway or load balancer answers with these statuses if the server behind it is down.
_DOWN = (502, 503, 504)


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

    If both keys belong to one server, the second key is left out, and `say` gets a message.

    Raises TargetUnreachableError, NotThisApiError, KeyRefusedError or CannotTestError. Other mistakes of the
    server raise nothing, because the rules check them.
    """
    own = _check_own_key(target, gate)
    if target.other_api_key is None:
        return target
    other = Client(gate, target.other_api_key).get_tasks(limit=1)
    if other.status == 401:
        raise KeyRefusedError(_key_refused_text(target, "other API key", "other-api-key"))
    name, server_id = (ParsedExchange(own).answer_field(field) for field in ("server_name", "server_id"))
    if server_id is None or server_id != ParsedExchange(other).answer_field("server_id"):
        return target
    say(mask_of(target).text(f"--other-api-key is not used: it is another key of the same server, {name}."))
    return replace(target, other_api_key=None)


def _check_own_key(target: Target, gate: Gate) -> Exchange:
    exchange = Client(gate, target.api_key).get_tasks(limit=1)
    where = f"GET {target.base_url}/tasks"
    if exchange.status is None:
        why = mask_of(target).text(exchange.why)
        raise TargetUnreachableError(f"{where} got no answer: {why}")
    if 300 <= exchange.status < 400:
        place = mask_of(target).text(dict(exchange.answer_headers).get("location", "another place"))
        raise NotThisApiError(f"{where} redirects to {place}: give the address of the API itself")
    if exchange.status == 401:
        raise KeyRefusedError(_key_refused_text(target, "API key", "api-key"))
    if exchange.status == TOO_MANY_REQUESTS:
        raise CannotTestError(f"{where} answers 429, too many requests: wait, and give a lower --rate")
    if exchange.status in _DOWN:
        raise CannotTestError(f"{where} answers {exchange.status}: the API or its proxy is down")
    if not _may_be_this_api(exchange):
        kind = dict(exchange.answer_headers).get("content-type", "no content type")
        raise NotThisApiError(f"{where} answers {exchange.status} with {kind}: this is not the Worker API")
    return exchange


def _key_refused_text(target: Target, key: str, option: str) -> str:
    variable = f"WORKERKIT_{option.replace('-', '_').upper()}"
    return (
        f"GET {target.base_url}/tasks answers 401: the {key} is not valid, or its server is not active; "
        f"check --{option} or {variable}, and that the server is online or active"
    )


def _may_be_this_api(exchange: Exchange) -> bool:
    status = exchange.status or 0
    return status >= 500 or (status != 404 and isinstance(exchange.answer_json(), dict))
