"""The first requests of a run: is this the API at all, and does it take the keys?"""

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

# What gateways and load balancers answer for a server behind them, or one in maintenance.
_DOWN = (502, 503, 504)


class CannotTestError(CannotRunError, RuntimeError):
    """The run cannot begin; the text is a sentence for people, without secrets."""


class TargetUnreachableError(CannotTestError):
    """No answer came."""


class NotThisApiError(CannotTestError):
    """What answers is not the Worker API."""


class KeyRefusedError(CannotTestError):
    """The target answers 401 to the key."""


def greet(target: Target, gate: Gate, say: Callable[[str], None]) -> Target:
    """Lists one task with each of the keys that have to work; the target with those that are of use.

    A second key of the same server shows nothing of another one: it is left out, and `say` is told. Raises
    Unreachable, NotThisApi or KeyRefused; any other fault is left to the rules.
    """
    own = _greet(target, gate)
    if target.other_api_key is None:
        return target
    other = Client(gate, target.other_api_key).tasks(limit=1)
    if other.status == 401:
        raise KeyRefusedError(_refused(target, "other API key", "other-api-key"))
    name, number = (ParsedExchange(own).answered_field(each) for each in ("server_name", "server_id"))
    if number is None or number != ParsedExchange(other).answered_field("server_id"):
        return target
    say(mask_of(target).text(f"--other-api-key is left out: it is a key of the same server, {name}."))
    return replace(target, other_api_key=None)


def _greet(target: Target, gate: Gate) -> Exchange:
    exchange = Client(gate, target.api_key).tasks(limit=1)
    where = f"GET {target.base_url}/tasks"
    if exchange.status is None:
        why = mask_of(target).text(exchange.why)
        raise TargetUnreachableError(f"{where} got no answer: {why}")
    if 300 <= exchange.status < 400:
        place = mask_of(target).text(dict(exchange.answer_headers).get("location", "another place"))
        raise NotThisApiError(f"{where} redirects to {place}: give the address of the API itself")
    if exchange.status == 401:
        raise KeyRefusedError(_refused(target, "API key", "api-key"))
    if exchange.status == TOO_MANY_REQUESTS:
        raise CannotTestError(f"{where} answers 429, too many requests: wait, and give a lower --rate")
    if exchange.status in _DOWN:
        raise CannotTestError(f"{where} answers {exchange.status}: the API or its proxy is down")
    if not _looks_right(exchange):
        kind = dict(exchange.answer_headers).get("content-type", "no content type")
        raise NotThisApiError(f"{where} answers {exchange.status} with {kind}: this is not the Worker API")
    return exchange


def _refused(target: Target, key: str, option: str) -> str:
    variable = f"WORKERKIT_{option.replace('-', '_').upper()}"
    return (
        f"GET {target.base_url}/tasks answers 401: the {key} is not valid, or its server is not active; "
        f"check --{option} or {variable}, and that the server is online or active"
    )


def _looks_right(exchange: Exchange) -> bool:
    status = exchange.status or 0
    return status >= 500 or (status != 404 and isinstance(exchange.answered(), dict))
