"""One exchange with its parsed parts, shared by all checks of this exchange."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from workerkit.contracts.page import lenient_spec
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import MalformedJsonError, is_json, parse_shared
from workerkit.openapi.spec.api import Match, UnknownPathError, WrongMethodError, worker_api
from workerkit.openapi.spec.flaw import FlawError

_JSON = "application/json"
_EMPTY_OBJECT = b"{}"
# Many languages store numbers as doubles. Not every integer above this one is a double.
_MOST_PORTABLE = 2**53
_LONG_NUMBER = re.compile(rb"[0-9]{16}|[0-9][eE]\+?[0-9]{2}")
_LONG_PARAMETER = re.compile(r"[+-]?[0-9]{16,}")
_DIGIT, _INTEGER = re.compile(r"\d"), re.compile(r"-?[0-9]+")
# Escapes of surrogates: a pair, or a lone one. Some servers list a lone one as it was written.
_SURROGATES = re.compile(
    rb"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True)
class ParsedExchange:
    """One exchange. Each part is parsed when it is first used.

    exchange: the exchange itself.
    is_legal: True if the caller already knows that the request follows the spec.
    may_hand_out: False if GET /tasks certainly does not change the tasks that it lists.
    """

    exchange: Exchange
    is_legal: bool = False
    may_hand_out: bool = True

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

    @cached_property
    def has_unportable_request(self) -> bool:
        """True if a number in the request is beyond 2**53. Some parsers change or refuse such a number."""
        # Strict parsers refuse a body with a number that is too large for a double.
        is_refused = self.request_json is None and _LONG_NUMBER.search(self.exchange.request_body) is not None
        in_query = any(map(_is_unportable_parameter, self.query.values()))
        return is_refused or in_query or _has_unportable_number(self.exchange.request_body, self.request_json)

    @cached_property
    def has_unportable_answer(self) -> bool:
        """True if a number in the answer is beyond 2**53."""
        return _has_unportable_number(self.exchange.answer_body, self.answer_json)

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
        flaws = [self._flaw_with(body) for body in self._possible_bodies]
        return None if None in flaws else flaws[0]

    def _flaw_with(self, body: bytes) -> FlawError | None:
        """Why the request with this body is invalid in every dialect, or None."""
        operation = lenient_spec.lenient_api().operations[str(self.operation)]
        try:
            operation.parse_request(self.path_values, self._judged_query, body, parse_shared)
        except FlawError as flaw:
            return flaw
        return None

    @property
    def has_json_body(self) -> bool:
        """True if the request has a body, and its content type is JSON."""
        media_type = (self.exchange.header("content-type") or "").partition(";")[0].strip().lower()
        return bool(self.exchange.request_body.strip()) and media_type == _JSON

    @property
    def _possible_bodies(self) -> list[bytes]:
        """The bodies that a correct server may see: it may read a missing body as {}.

        It may also ignore a body with another content type than JSON. PHP has one value for [] and {}.
        """
        body = self.exchange.request_body
        if not body.strip() or self.request_json == [] or body.strip() == b"null":
            return [_EMPTY_OBJECT]
        return [body] if self.has_json_body else [body, _EMPTY_OBJECT]

    @property
    def _judged_query(self) -> str:
        """The query without the parameters that servers read in different ways.

        Many servers treat an empty parameter as missing. Some read "1.0" and "5x" as numbers. Some use the
        default if they cannot read a number.
        """
        operation = worker_api().operations[str(self.operation)]
        numbers = {known.name for known in operation.query_parameters if known.kind == "integer"}
        return "&".join(pair for pair in self.exchange.query.split("&") if _is_judged(pair, numbers))

    def is_unreadable_number(self, name: str) -> bool:
        """True if the request has this number parameter, and its value has no digit at all."""
        return _DIGIT.search(self.query.get(name) or "0") is None

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


def _is_judged(pair: str, numbers: set[str]) -> bool:
    for name, text in parse_qsl(pair):
        return name not in numbers or _INTEGER.fullmatch(text) is not None
    return False


def _is_unportable_parameter(text: str) -> bool:
    return _LONG_PARAMETER.fullmatch(text) is not None and abs(int(text[:20])) > _MOST_PORTABLE


def _has_unportable_number(body: bytes, value: Any) -> bool:
    return _LONG_NUMBER.search(body) is not None and any(
        abs(number) > _MOST_PORTABLE for number in _numbers_in(value)
    )


def _numbers_in(value: Any) -> Iterator[float]:
    """All numbers in a JSON value, at any depth."""
    if isinstance(value, int | float):
        yield value
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for member in members:
        yield from _numbers_in(member)


def _has_lone_surrogate(body: bytes) -> bool:
    """True if only an escape such as \\ud800 can make this body malformed: some parsers of JSON accept it."""
    return _SURROGATE.search(body) is not None and not is_json(body)


def _json(body: bytes) -> Any:
    try:
        return parse_shared(body)
    except MalformedJsonError:
        return _json_of(_SURROGATES.sub(_whole_pair_or_replacement, body))


def _json_of(body: bytes) -> Any:
    try:
        return parse_shared(body)
    except MalformedJsonError:
        return None


def _whole_pair_or_replacement(match: re.Match[bytes]) -> bytes:
    return match[1] or rb"\ufffd"
