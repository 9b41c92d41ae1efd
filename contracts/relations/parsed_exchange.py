"""One exchange with its parsed parts, shared by all checks of this exchange."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from workerkit.contracts.page import lenient_spec
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import MalformedJsonError, is_json, parse_shared
from workerkit.openapi.spec.api import Match, UnknownPathError, WrongMethodError, worker_api
from workerkit.openapi.spec.flaw import FlawError

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True)
class ParsedExchange:
    """One exchange. Each part is parsed when it is first used.

    exchange: the exchange itself.
    is_legal: True if the caller already knows that the request follows the spec.
    """

    exchange: Exchange
    is_legal: bool = False

    @property
    def operation(self) -> str | None:
        """The operationId of the request, or None if the API has no operation for it."""
        return None if self._match is None else self._match.operation.id

    @property
    def path_values(self) -> Mapping[str, str]:
        """The path parameters, decoded."""
        return {} if self._match is None else self._match.path_values

    @cached_property
    def request_json(self) -> Any:
        """The body of the request as JSON, or None if it is not JSON."""
        return _json(self.exchange.request_body)

    @cached_property
    def answer_json(self) -> Any:
        """The body of the answer as JSON, or None if it is not JSON."""
        return _json(self.exchange.answer_body)

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The query parameters. A repeated parameter has its last value."""
        return dict(parse_qsl(self.exchange.query, keep_blank_values=True))

    @property
    def has_repeated_parameter(self) -> bool:
        """True if the query has a parameter twice. The API page does not say which value counts then."""
        return len(self.query) < len(parse_qsl(self.exchange.query, keep_blank_values=True))

    def request_field(self, name: str) -> Any:
        """One field of the JSON object in the request, or None."""
        return self.request_json.get(name) if isinstance(self.request_json, dict) else None

    def answer_field(self, name: str) -> Any:
        """One field of the JSON object in the answer, or None."""
        return self.answer_json.get(name) if isinstance(self.answer_json, dict) else None

    def parameter_value(self, name: str) -> Any:
        """The value of a query parameter, or its default if it is missing. None if the value is not valid."""
        operation = worker_api().operations[str(self.operation)]
        parameter = next(known for known in operation.query_parameters if known.name == name)
        try:
            return parameter.coerce(self.query[name]) if name in self.query else parameter.default
        except FlawError:
            return None

    @cached_property
    def request_flaw(self) -> FlawError | None:
        """Why the request is invalid in every dialect, or None."""
        if self.is_legal or self._match is None or self.has_repeated_parameter:
            return None
        if _has_lone_surrogate(self.exchange.request_body):
            return None
        operation = lenient_spec.lenient_api().operations[self._match.operation.id]
        try:
            operation.parse_request(
                self.path_values, self._filled_query, self.exchange.request_body, parse_shared
            )
        except FlawError as flaw:
            return flaw
        return None

    @property
    def _filled_query(self) -> str:
        # The API page does not say what an empty parameter means. Many servers treat it as missing.
        pairs = self.exchange.query.split("&")
        return "&".join(pair for pair in pairs if pair.partition("=")[2])

    @cached_property
    def answer_flaw(self) -> FlawError | None:
        """Why the JSON of a 2xx answer is invalid in every dialect, or None."""
        operation = lenient_spec.lenient_api().operations[str(self.operation)]
        return operation.answer_flaw(200, self.answer_json) if 200 in operation.answer_validators else None

    @cached_property
    def _match(self) -> Match | None:
        try:
            return worker_api().match(self.exchange.method, self.exchange.path)
        except (UnknownPathError, WrongMethodError):
            return None


def _has_lone_surrogate(body: bytes) -> bool:
    """True if only an escape such as \\ud800 can make this body malformed: some parsers of JSON accept it."""
    return _SURROGATE.search(body) is not None and not is_json(body)


def _json(body: bytes) -> Any:
    try:
        return parse_shared(body)
    except MalformedJsonError:
        return None
