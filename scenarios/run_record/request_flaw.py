"""Finds requests that the spec does not allow."""

from __future__ import annotations

from collections.abc import Iterable

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import lacks_json_type
from workerkit.openapi.formats.strict_json import parse_shared
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.spec.api import Api, UnknownPathError, WrongMethodError
from workerkit.openapi.spec.flaw import FlawError


def flaws_of(exchanges: Iterable[Exchange], api: Api) -> tuple[tuple[Exchange, FlawError], ...]:
    """Returns the requests that the spec of the dialect does not allow, each with its first flaw."""
    first_flaws = ((exchange, first_flaw_of(exchange, api)) for exchange in exchanges)
    return tuple((exchange, flaw) for exchange, flaw in first_flaws if flaw is not None)


def first_flaw_of(exchange: Exchange, api: Api) -> FlawError | None:
    """Returns the first flaw of a request. None if the spec of the dialect allows the request."""
    try:
        match = api.match(exchange.method, exchange.path)
        call = match.operation.parse_request(
            match.path_values, exchange.query, exchange.request_body, parse_shared
        )
    except UnknownPathError:
        return FlawError("path", phrase("the API has no path {path}", path=exchange.path))
    except WrongMethodError as error:
        text = phrase(
            "{path} does not allow the method {method}; it allows {allowed}",
            path=exchange.path,
            method=exchange.method,
            allowed=error,
        )
        return FlawError("method", text)
    except FlawError as flaw:
        return flaw
    if match.operation.body_validator is not None and lacks_json_type(exchange, api):
        return FlawError("header content-type", phrase("must be application/json"))
    return next(iter(call.member_flaws.values()), None)
