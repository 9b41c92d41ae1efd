"""What the documentation does not allow in a request."""

from __future__ import annotations

from collections.abc import Iterable

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import parsed
from workerkit.openapi.spec.api import Api, UnknownPath, WrongMethod
from workerkit.openapi.spec.flaw import Flaw

_UNSUPPORTED_TYPE = 415


def flaws_of(exchanges: Iterable[Exchange], api: Api) -> tuple[tuple[Exchange, Flaw], ...]:
    """The requests that the spec of a dialect does not allow, each with the first thing wrong with it."""
    judged = ((exchange, _flaw_of(exchange, api)) for exchange in exchanges)
    return tuple((exchange, flaw) for exchange, flaw in judged if flaw is not None)


def _flaw_of(exchange: Exchange, api: Api) -> Flaw | None:
    try:
        match = api.match(exchange.method, exchange.path)
        call = match.operation.read(match.path_values, exchange.query, exchange.request_body, parsed)
    except UnknownPath:
        return Flaw("path", f"{exchange.path} is no path of this API")
    except WrongMethod as error:
        return Flaw("method", f"{exchange.method} is no method of {exchange.path}; {error} is")
    except Flaw as flaw:
        return flaw
    if exchange.status == _UNSUPPORTED_TYPE:
        return Flaw("header content-type", "has to be application/json")
    return next(iter(call.flaws.values()), None)
