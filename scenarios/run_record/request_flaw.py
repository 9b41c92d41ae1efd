"""What the documentation does not allow in a request."""

from __future__ import annotations

from collections.abc import Iterable

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import parsed
from workerkit.openapi.spec.api import Api, UnknownPathError, WrongMethodError
from workerkit.openapi.spec.flaw import FlawError

_UNSUPPORTED_TYPE = 415


def flaws_of(exchanges: Iterable[Exchange], api: Api) -> tuple[tuple[Exchange, FlawError], ...]:
    """The requests that the spec of a dialect does not allow, each with the first thing wrong with it."""
    judged = ((exchange, _flaw_of(exchange, api)) for exchange in exchanges)
    return tuple((exchange, flaw) for exchange, flaw in judged if flaw is not None)


def _flaw_of(exchange: Exchange, api: Api) -> FlawError | None:
    try:
        match = api.match(exchange.method, exchange.path)
        call = match.operation.read(match.path_values, exchange.query, exchange.request_body, parsed)
    except UnknownPathError:
        return FlawError("path", f"{exchange.path} is no path of this API")
    except WrongMethodError as error:
        return FlawError("method", f"{exchange.method} is no method of {exchange.path}; {error} is")
    except FlawError as flaw:
        return flaw
    if exchange.status == _UNSUPPORTED_TYPE:
        return FlawError("header content-type", "has to be application/json")
    return next(iter(call.flaws.values()), None)
