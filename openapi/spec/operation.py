"""An operation of the API, compiled once from the spec: it coerces and validates what a request says."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs

from workerkit.openapi.formats import strict_json
from workerkit.openapi.spec.coercion import Coercion, compile_coercion
from workerkit.openapi.spec.document import Document, Json
from workerkit.openapi.spec.flaw import FlawError, first_flaw
from workerkit.openapi.spec.parameter import Parameter, compile_parameter, missing

_JSON = "application/json"
_MOST_FIELDS = 1000
_MOST_KEPT, _LONGEST_KEPT = 512, 256
_MEMBERS = ("items", "x-each")
Parse = Callable[[bytes], Any]
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Subject:
    """The one entity that an operation concerns: where its id stands (`path` or `body`), and what it is."""

    place: str
    name: str
    kind: str


@dataclass(slots=True)  # one for each request: to freeze it would take six times as long
class Call:
    """A request as the spec understands it: coerced parameters with their defaults, and the body's JSON.

    `given` are the names of the parameters that came; `flaws` are those of single members of the body's list,
    by their place in it, where the dialect judges them one by one.
    """

    operation: Operation
    parameters: dict[str, Any]
    given: frozenset[str]
    body: Any
    flaws: Mapping[int, FlawError]


@dataclass(frozen=True, slots=True)
class Members:
    """The list in a body whose members are judged one by one, by a validator of their own."""

    name: str
    validator: jsonschema_rs.Validator

    def flaws(self, body: Any) -> dict[int, FlawError]:
        """What is wrong with which member, by its place in the list."""
        return {
            place: first_flaw(self.validator, member, f"body/{self.name}/{place}")
            for place, member in enumerate(body[self.name])
            if not self.validator.is_valid(member)
        }


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """An operation of the spec. `path` is the whole template, `/api/v1/worker/tasks/{id}`.

    `described` are the names of all fields that the spec describes in the body, on whatever level.
    """

    id: str
    method: str
    path: str
    path_parameters: tuple[Parameter, ...]
    query_parameters: tuple[Parameter, ...]
    body: jsonschema_rs.Validator | None
    body_required: bool
    described: frozenset[str]
    members: Members | None
    preparation: Coercion | None
    subject: Subject | None
    answers: Mapping[int, jsonschema_rs.Validator]

    def read(
        self, path_values: Mapping[str, str], query: str, body: bytes, parse: Parse = strict_json.parse
    ) -> Call:
        """What a request says; raises Flaw where the spec does not allow it.

        `path_values` are the decoded path parameters, `query` is the raw query string, `parse` reads the
        body.
        """
        values = {
            path_parameter.name: path_parameter.coerce(path_values[path_parameter.name])
            for path_parameter in self.path_parameters
        }
        asked = _asked(self, query)
        value = self._body(body, parse)
        flaws = self.members.flaws(value) if self.members else {}
        return Call(self, values | asked.values, asked.given, value, flaws)

    def subject_id(self, path_values: Mapping[str, str], body: bytes) -> str | None:
        """The id of the entity that a request concerns, however flawed the rest; None where it is no UUID."""
        if self.subject is None:
            return None
        try:
            values = path_values if self.subject.place == "path" else strict_json.parse(body)
        except strict_json.MalformedJsonError:
            return None
        found = values.get(self.subject.name) if isinstance(values, Mapping) else None
        return found if isinstance(found, str) and _UUID.fullmatch(found) else None

    def answer_flaw(self, status: int, answer: Any) -> FlawError | None:
        """What the spec does not allow in an answer's JSON, or None where all is as described."""
        validator = self.answers.get(status)
        if validator is None:
            return FlawError("status", f"{status} is not described for {self.id}")
        return None if validator.is_valid(answer) else first_flaw(validator, answer, "answer")

    def _body(self, text: bytes, parse: Parse) -> Any:
        if self.body is None or (not text and not self.body_required):
            return None
        try:
            value = parse(text)
        except strict_json.MalformedJsonError as error:
            raise FlawError("body", f"is no JSON: {error}") from None
        if self.preparation:
            value = self.preparation.coerce(value)
        if not self.body.is_valid(value):
            raise first_flaw(self.body, value, "body", self.described)
        return value


def compile_operation(
    document: Document, path: str, method: str, source: Json, shared: list[Json]
) -> Operation:
    """The operation that a path item's entry describes; `shared` are the path item's own parameters."""
    parameters = [compile_parameter(document, each) for each in [*shared, *source.get("parameters", [])]]
    body = document.follow(source.get("requestBody", {}))
    schema = body.get("content", {}).get(_JSON, {}).get("schema", {})
    return Operation(
        id=source["operationId"],
        method=method.upper(),
        path=document.base_path + path,
        path_parameters=tuple(parameter for parameter in parameters if parameter.place == "path"),
        query_parameters=tuple(parameter for parameter in parameters if parameter.place == "query"),
        body=_content_validator(document, body),
        body_required=bool(body.get("required")),
        described=frozenset(_described(document, schema)),
        members=_members(document, schema),
        preparation=compile_coercion(document, schema),
        subject=_subject(source),
        answers=_answers(document, source["responses"]),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a query says: the values of all query parameters, and the names of those that came."""

    values: dict[str, Any]
    given: frozenset[str]


def _asked(operation: Operation, query: str) -> _Asked:
    """Clients ask the same again and again."""
    return (_kept_query if len(query) <= _LONGEST_KEPT else _read_query)(operation, query)


def _read_query(operation: Operation, query: str) -> _Asked:
    fields = _query_fields(query, {query_parameter.name for query_parameter in operation.query_parameters})
    values = {
        query_parameter.name: _given_or_default(query_parameter, fields)
        for query_parameter in operation.query_parameters
    }
    return _Asked(values, frozenset(fields))


_kept_query = lru_cache(maxsize=_MOST_KEPT)(_read_query)


def _query_fields(query: str, known: Collection[str]) -> dict[str, str]:
    """The fields of a query that are known; others do not matter, however often they come."""
    if not known:
        return {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise FlawError("query", str(error)) from None
    fields: dict[str, str] = {}
    for name, text in pairs:
        if name in fields:
            raise FlawError(f"query/{name}", "stands there twice")
        if name in known:
            fields[name] = text
    return fields


def _given_or_default(parameter: Parameter, given: Mapping[str, str]) -> Any:
    if parameter.name in given:
        return parameter.coerce(given[parameter.name])
    if parameter.required:
        raise missing(parameter)
    return parameter.default


def _members(document: Document, schema: Json) -> Members | None:
    for name, value in document.follow(schema).get("properties", {}).items():
        if "x-each" in value:
            return Members(name, document.validator(value["x-each"]))
    return None


def _subject(source: Json) -> Subject | None:
    subject = source.get("x-subject")
    return Subject(subject["in"], subject["name"], subject["kind"]) if subject else None


def _content_validator(document: Document, content_owner: Json) -> jsonschema_rs.Validator | None:
    content = content_owner.get("content", {}).get(_JSON)
    return document.validator(content["schema"]) if content else None


def _described(document: Document, schema: Json) -> Iterator[str]:
    schema = document.follow(schema)
    for name, value in schema.get("properties", {}).items():
        yield name
        yield from _described(document, value)
    for part in [*schema.get("allOf", []), *(schema[word] for word in _MEMBERS if word in schema)]:
        yield from _described(document, part)


def _answers(document: Document, responses: Json) -> dict[int, jsonschema_rs.Validator]:
    validators = {}
    for status, response in responses.items():
        validator = _content_validator(document, document.follow(response))
        if re.fullmatch("[0-9]{3}", status) and validator:
            validators[int(status)] = validator
    return validators
