"""An operation of an API, compiled once from the spec. It parses, coerces and validates HTTP requests."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs

from workerkit.openapi.formats import strict_json
from workerkit.openapi.formats.yaml_nodes import did_you_mean
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.spec.coercion import Coercion, compile_coercion
from workerkit.openapi.spec.document import Document, Json
from workerkit.openapi.spec.flaw import FlawError, first_flaw
from workerkit.openapi.spec.parameter import Parameter, compile_parameter, missing_parameter

_JSON = "application/json"
_MAX_QUERY_FIELDS = 1000
_CACHE_SIZE, _LONGEST_CACHED_QUERY = 512, 256
_MEMBER_KEYWORDS = ("items", "x-each")
Parse = Callable[[bytes], Any]
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Subject:
    """The one entity that a request of an operation is about.

    place: where the request has the entity's id: `path` or `body`.
    name: the name of the path parameter or of the field in the body.
    kind: the kind of the entity: task, request or account.
    """

    place: str
    name: str
    kind: str


# Not frozen: one object is made for each request, and a frozen one takes six times as long to make.
@dataclass(slots=True)
class Call:
    """An HTTP request after parsing and validation.

    operation: the operation of the request.
    parameters: the coerced values of all path and query parameters. Missing ones have their defaults.
    given_parameters: the names of the query parameters that the request has.
    body: the JSON of the body, after coercion.
    member_flaws: the errors of single members of the body's list, by their index in the list. Filled only
        if the dialect validates the members one by one.
    """

    operation: Operation
    parameters: dict[str, Any]
    given_parameters: frozenset[str]
    body: Any
    member_flaws: Mapping[int, FlawError]


@dataclass(frozen=True, slots=True)
class MemberValidator:
    """Validates the members of a list in the body one by one.

    name: the name of the field with the list.
    validator: checks one member.
    """

    name: str
    validator: jsonschema_rs.Validator

    def flaws(self, body: Any) -> dict[int, FlawError]:
        """The first error of each member that is not valid, by its index in the list."""
        return {
            index: first_flaw(self.validator, member, f"body/{self.name}/{index}")
            for index, member in enumerate(body[self.name])
            if not self.validator.is_valid(member)
        }


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """An operation of the spec.

    id: the operationId.
    method: the HTTP method, in capital letters.
    path: the complete path template, for example `/api/v1/worker/tasks/{id}`.
    path_parameters: the parameters in the path.
    query_parameters: the parameters in the query.
    refuses_unknown_parameters: True if a query may have no other parameters (`x-unknown: refused`).
    body_validator: checks the request's body. None if the operation has no body.
    body_required: False if a request may have no body. Then `Call.body` is None.
    missing_body: the JSON text that the server assumes if a request has no body (`x-missing` in the spec).
        Empty if the dialect does not assume a body.
    body_field_names: the names of all fields in the body's schema, at any depth.
    member_validator: checks the members of the body's list one by one. None if the dialect does not do this.
    coercion: the change to the body before it is validated. None for no change.
    subject: the entity that a request is about. None if a request is not about exactly one entity.
    answer_validators: the validators of the answers, by HTTP status.
    """

    id: str
    method: str
    path: str
    path_parameters: tuple[Parameter, ...]
    query_parameters: tuple[Parameter, ...]
    refuses_unknown_parameters: bool
    body_validator: jsonschema_rs.Validator | None
    body_required: bool
    missing_body: bytes
    body_field_names: frozenset[str]
    member_validator: MemberValidator | None
    coercion: Coercion | None
    subject: Subject | None
    answer_validators: Mapping[int, jsonschema_rs.Validator]

    def parse_request(
        self, path_values: Mapping[str, str], query: str, body: bytes, parse: Parse = strict_json.parse
    ) -> Call:
        """Parses and validates a request. Raises FlawError if the spec does not allow it.

        path_values: the decoded values of the path parameters.
        query: the raw query.
        body: the bytes of the body.
        parse: the function that turns the body into JSON.
        """
        path_parameters = {
            parameter.name: parameter.coerce(path_values[parameter.name])
            for parameter in self.path_parameters
        }
        parsed_query = _parse_query(self, query)
        body_json = self._parse_body(body, parse)
        member_flaws = self.member_validator.flaws(body_json) if self.member_validator else {}
        parameters = path_parameters | parsed_query.values
        return Call(self, parameters, parsed_query.given_parameters, body_json, member_flaws)

    def subject_id(self, path_values: Mapping[str, str], body: bytes) -> str | None:
        """The id of the entity that a request is about. None if the id is missing or not a UUID.

        The rest of the request is not validated.
        """
        if self.subject is None:
            return None
        try:
            values = path_values if self.subject.place == "path" else strict_json.parse(body)
        except strict_json.MalformedJsonError:
            return None
        subject_id = values.get(self.subject.name) if isinstance(values, Mapping) else None
        return subject_id if isinstance(subject_id, str) and _UUID.fullmatch(subject_id) else None

    def answer_flaw(self, status: int, answer: Any) -> FlawError | None:
        """The first error in the JSON of an answer. None if the spec allows the answer."""
        validator = self.answer_validators.get(status)
        if validator is None:
            return FlawError(
                "status",
                phrase("{status} is not described for {operation}", status=status, operation=self.id),
            )
        return None if validator.is_valid(answer) else first_flaw(validator, answer, "answer")

    def _parse_body(self, body: bytes, parse: Parse) -> Any:
        if self.body_validator is None or (not body and not self.body_required):
            return None
        try:
            value = parse(body)
        except strict_json.MalformedJsonError as error:
            if not body and self.missing_body:
                return self._parse_body(self.missing_body, parse)
            raise FlawError("body", phrase("is not JSON: {error}", error=error)) from None
        if self.coercion:
            value = self.coercion.coerce(value)
        if not self.body_validator.is_valid(value):
            raise first_flaw(self.body_validator, value, "body", self.body_field_names)
        return value


def compile_operation(
    document: Document, path: str, method: str, source: Json, shared_parameters: list[Json]
) -> Operation:
    """Compiles an operation of a path item. `shared_parameters`: the parameters of the whole path item."""
    sources = [*shared_parameters, *source.get("parameters", [])]
    parameters = [compile_parameter(document, parameter) for parameter in sources]
    body = document.follow(source.get("requestBody", {}))
    schema = body.get("content", {}).get(_JSON, {}).get("schema", {})
    return Operation(
        id=source["operationId"],
        method=method.upper(),
        path=document.base_path + path,
        path_parameters=tuple(parameter for parameter in parameters if parameter.place == "path"),
        query_parameters=tuple(parameter for parameter in parameters if parameter.place == "query"),
        refuses_unknown_parameters=source.get("x-unknown") == "refused",
        body_validator=_content_validator(document, body),
        body_required=bool(body.get("required")) or "x-missing" in body,
        missing_body=strict_json.render(body["x-missing"]) if "x-missing" in body else b"",
        body_field_names=frozenset(_field_names(document, schema)),
        member_validator=_member_validator(document, schema),
        coercion=compile_coercion(document, schema),
        subject=_subject(source),
        answer_validators=_answer_validators(document, source["responses"]),
    )


@dataclass(frozen=True, slots=True)
class _ParsedQuery:
    """The values of all query parameters, and the names of the parameters that the query has."""

    values: dict[str, Any]
    given_parameters: frozenset[str]


def _parse_query(operation: Operation, query: str) -> _ParsedQuery:
    # Clients often repeat a query, so the results for short queries are cached.
    parse = _parse_query_cached if len(query) <= _LONGEST_CACHED_QUERY else _parse_query_uncached
    return parse(operation, query)


def _parse_query_uncached(operation: Operation, query: str) -> _ParsedQuery:
    fields = _query_fields(operation, query)
    values = {
        parameter.name: _given_or_default(parameter, fields) for parameter in operation.query_parameters
    }
    return _ParsedQuery(values, frozenset(fields))


_parse_query_cached = lru_cache(maxsize=_CACHE_SIZE)(_parse_query_uncached)


def _query_fields(operation: Operation, query: str) -> dict[str, str]:
    """The fields of a query with a known name. Other fields are ignored or refused, as the dialect says."""
    known = {parameter.name for parameter in operation.query_parameters}
    if not known:
        return {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=_MAX_QUERY_FIELDS)
    except ValueError as error:
        raise FlawError("query", str(error)) from None
    fields: dict[str, str] = {}
    for name, text in pairs:
        if name in fields:
            raise FlawError(f"query/{name}", phrase("is given twice"))
        if name in known:
            fields[name] = text
        elif operation.refuses_unknown_parameters:
            raise FlawError(f"query/{name}", phrase("is not a parameter") + did_you_mean(name, known))
    return fields


def _given_or_default(parameter: Parameter, query_fields: Mapping[str, str]) -> Any:
    if parameter.name in query_fields:
        return parameter.coerce(query_fields[parameter.name])
    if parameter.required:
        raise missing_parameter(parameter)
    return parameter.default


def _member_validator(document: Document, schema: Json) -> MemberValidator | None:
    for name, value in document.follow(schema).get("properties", {}).items():
        if "x-each" in value:
            return MemberValidator(name, document.validator(value["x-each"]))
    return None


def _subject(source: Json) -> Subject | None:
    subject = source.get("x-subject")
    return Subject(subject["in"], subject["name"], subject["kind"]) if subject else None


def _content_validator(document: Document, content_owner: Json) -> jsonschema_rs.Validator | None:
    content = content_owner.get("content", {}).get(_JSON)
    return document.validator(content["schema"]) if content else None


def _field_names(document: Document, schema: Json) -> Iterator[str]:
    schema = document.follow(schema)
    for name, value in schema.get("properties", {}).items():
        yield name
        yield from _field_names(document, value)
    members = [schema[keyword] for keyword in _MEMBER_KEYWORDS if keyword in schema]
    for part in [*schema.get("allOf", []), *members]:
        yield from _field_names(document, part)


def _answer_validators(document: Document, responses: Json) -> dict[int, jsonschema_rs.Validator]:
    validators = {}
    for status, response in responses.items():
        validator = _content_validator(document, document.follow(response))
        if re.fullmatch("[0-9]{3}", status) and validator:
            validators[int(status)] = validator
    return validators
