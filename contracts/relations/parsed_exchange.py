"""An exchange read with the spec in hand, once, for every relation that looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from workerkit.contracts.page import lenient_spec
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import MalformedJsonError, parsed
from workerkit.openapi.spec.api import Match, UnknownPathError, WrongMethodError, worker_api
from workerkit.openapi.spec.flaw import FlawError


@dataclass(frozen=True)
class ParsedExchange:
    """One exchange, parsed lazily. `operation` is None where the request is for no operation.

    `is_legal` says that the spec is known to allow the request with its own choices.
    """

    exchange: Exchange
    is_legal: bool = False

    @property
    def operation(self) -> str | None:
        """The operationId."""
        return None if self._match is None else self._match.operation.id

    @property
    def path_values(self) -> Mapping[str, str]:
        """The decoded path parameters."""
        return {} if self._match is None else self._match.path_values

    @cached_property
    def sent(self) -> Any:
        """The request's JSON, or None."""
        return _json(self.exchange.request_body)

    @cached_property
    def answered(self) -> Any:
        """The answer's JSON, or None."""
        return _json(self.exchange.answer_body)

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The query's parameters, the last where one stands there twice."""
        return dict(parse_qsl(self.exchange.query, keep_blank_values=True))

    @property
    def repeats_a_parameter(self) -> bool:
        """Whether the query has a name twice: the page does not say which of the values counts."""
        return len(self.query) < len(parse_qsl(self.exchange.query, keep_blank_values=True))

    def sent_field(self, name: str) -> Any:
        """A field of the request's JSON object, or None."""
        return self.sent.get(name) if isinstance(self.sent, dict) else None

    def answered_field(self, name: str) -> Any:
        """A field of the answer's JSON object, or None."""
        return self.answered.get(name) if isinstance(self.answered, dict) else None

    def legal_parameter(self, name: str) -> Any:
        """What a query parameter means by the spec, its default where it is missing; None where illegal."""
        operation = worker_api().operations[str(self.operation)]
        parameter = next(
            query_parameter for query_parameter in operation.query_parameters if query_parameter.name == name
        )
        try:
            return parameter.coerce(self.query[name]) if name in self.query else parameter.default
        except FlawError:
            return None

    @cached_property
    def certain_flaw(self) -> FlawError | None:
        """What is wrong with the request in every dialect, or None."""
        if self.is_legal or self._match is None or self.repeats_a_parameter:
            return None
        operation = lenient_spec.lenient_api().operations[self._match.operation.id]
        try:
            operation.read(self.path_values, self._filled_query, self.exchange.request_body, parsed)
        except FlawError as flaw:
            return flaw
        return None

    @property
    def _filled_query(self) -> str:
        # What an empty parameter means is left open: many a server takes it for a missing one.
        return "&".join(each for each in self.exchange.query.split("&") if each.partition("=")[2])

    @cached_property
    def answer_flaw(self) -> FlawError | None:
        """What is wrong with the form of a 2xx answer in every dialect, or None."""
        operation = lenient_spec.lenient_api().operations[str(self.operation)]
        return operation.answer_flaw(200, self.answered) if 200 in operation.answers else None

    @cached_property
    def _match(self) -> Match | None:
        try:
            return worker_api().match(self.exchange.method, self.exchange.path)
        except (UnknownPathError, WrongMethodError):
            return None


def _json(body: bytes) -> Any:
    try:
        return parsed(body)
    except MalformedJsonError:
        return None
