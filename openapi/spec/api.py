"""An API, compiled from its spec. It finds the operation of a request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cache, lru_cache
from http import HTTPStatus
from typing import Literal, get_args
from urllib.parse import unquote

from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.spec.dialect import Dialect
from workerkit.openapi.spec.dialect_spec import derive_spec, silences_in
from workerkit.openapi.spec.document import Document, Json, bundled_document
from workerkit.openapi.spec.operation import Operation, compile_operation

# The phases of a task: it waits for its server, the server works on it, or it has ended.
Phase = Literal["waiting", "working", "ended"]
_CACHE_SIZE = 64
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class UnknownPathError(WorkerkitError, LookupError):
    """The spec has no operation with this path."""


class WrongMethodError(WorkerkitError, LookupError):
    """The spec has operations with this path, but not with this method.

    allowed: the methods that the path has, in alphabetical order.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        self.allowed = tuple(sorted(allowed))
        super().__init__(", ".join(self.allowed))


# Not frozen: one object is made for each request, and a frozen one takes longer to make.
@dataclass(slots=True)
class Match:
    """The operation of a request, and the decoded values of the path parameters."""

    operation: Operation
    path_values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Template:
    pattern: re.Pattern[str]
    methods: Mapping[str, Operation]


class Api:
    """All operations of a document, for one dialect.

    source: the document before the dialect is applied.
    dialect: the chosen value of each silence.
    document: the document after the dialect is applied.
    base_path: the path before the paths of all operations: `/api/v1/worker`.
    operations: the operations, by operationId.
    key_header_name: the name of the header with the API key, as the spec writes it: `X-API-Key`. Requests are
        sent with it. Empty if the API has no such header.
    key_header: the same in lower case, for looking it up in received headers.
    active_statuses: the server accepts an API key only if the owner of the key has one of these statuses.
    offline_after: a server that sends no heartbeat for this number of seconds goes offline. None: no server
        goes offline.
    offline_status: the status of a server that went offline.
    flow: the task status flow: for each status, the statuses that may follow it.
    """

    def __init__(self, source: Document, dialect: Dialect | None = None) -> None:
        self.source = source
        self.dialect = Dialect() if dialect is None else dialect
        document = self.document = derive_spec(source, self.dialect)
        self.base_path = document.base_path
        self.operations = {operation.id: operation for operation in _operations(document)}
        self._static: dict[str, dict[str, Match]] = {}
        self._templates = _templates(self.operations.values())
        for operation in self.operations.values():
            if not operation.path_parameters:
                self._static.setdefault(operation.path, {})[operation.method] = Match(operation, {})
        self._codes = _error_codes(document)
        scheme = _key_scheme(document)
        self.key_header_name: str = scheme.get("name", "")
        self.key_header = self.key_header_name.lower()
        self.active_statuses: tuple[str, ...] = tuple(scheme.get("x-active-statuses", []))
        self.offline_status = _first_inactive(scheme)
        self.offline_after: float | None = scheme.get("x-offline-after")
        self.flow = _flow(document)
        self._phases = _phases(document)

    def match(self, method: str, path: str) -> Match:
        """The operation of a request. If a path without parameters matches, no path template is used.

        path: the raw path, without the query.
        Raises UnknownPathError and WrongMethodError.
        """
        static = self._static.get(path)
        if static is not None:
            if method in static:
                return static[method]
            raise WrongMethodError(static)
        return self._match_template(method, path)

    def error_code(self, status: int) -> str:
        """The error code that the spec has for an HTTP status: `not_your_task` for 403."""
        return self._codes.get(status) or HTTPStatus(status).phrase.lower().replace(" ", "_")

    def enumeration(self, schema: str) -> tuple[str, ...]:
        """The values of an enumeration, in the order of the spec. `schema` is its name: `TaskStatus`."""
        return tuple(self.document.root["components"]["schemas"][schema]["enum"])

    def statuses_in(self, phase: Phase) -> tuple[str, ...]:
        """The task statuses of a phase, in the order of the spec."""
        return self._phases[phase]

    def _match_template(self, method: str, path: str) -> Match:
        for template in self._templates:
            match = template.pattern.fullmatch(path)
            if match is None:
                continue
            if method not in template.methods:
                raise WrongMethodError(template.methods)
            return Match(template.methods[method], _decoded(match.groupdict()))
        raise UnknownPathError(path)


@lru_cache(maxsize=_CACHE_SIZE)
def api_of(document: Document, dialect: Dialect) -> Api:
    """The API of a dialect. The 64 APIs that were used last are cached."""
    choices = frozenset(choice for choice in dialect.choices if choice[0] in _silences_of_spec(document))
    api = copy(_compiled(document, Dialect(choices)))
    api.dialect = dialect
    return api


@lru_cache(maxsize=_CACHE_SIZE)
def _compiled(document: Document, dialect: Dialect) -> Api:
    """The API of a dialect. Most silences do not change the spec, and it takes long to compile a spec."""
    return Api(document, dialect)


@lru_cache(maxsize=_CACHE_SIZE)
def _silences_of_spec(document: Document) -> frozenset[str]:
    return silences_in(document)


def worker_api(dialect: Dialect | None = None) -> Api:
    """The Worker API (`worker-api.yaml`) in a dialect. None means the default dialect."""
    if dialect is None or not dialect.choices:
        return _default_worker_api()
    return api_of(bundled_document("worker-api.yaml"), dialect)


# Called for every exchange. To make the default dialect each time would take longer than to use the API.
@cache
def _default_worker_api() -> Api:
    return api_of(bundled_document("worker-api.yaml"), Dialect())


def control_api() -> Api:
    """The API of the control plane (`control-api.yaml`)."""
    return api_of(bundled_document("control-api.yaml"), Dialect())


def _decoded(values: dict[str, str]) -> dict[str, str]:
    return {name: unquote(value) if "%" in value else value for name, value in values.items()}


def _operations(document: Document) -> Iterable[Operation]:
    for path, item in document.root["paths"].items():
        for method in _METHODS:
            if method in item:
                yield compile_operation(document, path, method, item[method], item.get("parameters", []))


def _templates(operations: Iterable[Operation]) -> list[_Template]:
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        if operation.path_parameters:
            by_path.setdefault(operation.path, {})[operation.method] = operation
    return [_Template(_pattern(path), methods) for path, methods in by_path.items()]


def _pattern(path: str) -> re.Pattern[str]:
    # Every second part is the name of a parameter.
    parts = re.split(r"\{(\w+)\}", path)
    patterns = (f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    return re.compile("".join(patterns))


def _error_codes(document: Document) -> dict[int, str]:
    codes: dict[int, str] = {}
    for responses in _all_responses(document.root):
        for status, response in responses.items():
            code = _constant_code(document.follow(response))
            if code is not None:
                codes[int(status)] = code
    return codes


def _key_scheme(document: Document) -> Json:
    schemes = document.root.get("components", {}).get("securitySchemes", {})
    return next((scheme for scheme in schemes.values() if scheme.get("in") == "header"), {})


def _first_inactive(scheme: Json) -> str:
    active = scheme.get("x-active-statuses", [])
    return next((status for status in scheme.get("x-server-statuses", []) if status not in active), "")


def _flow(document: Document) -> dict[str, frozenset[str]]:
    schema = _task_status(document)
    flow = schema.get("x-flow", {})
    return {status: frozenset(flow.get(status, ())) for status in schema.get("enum", ())}


def _phases(document: Document) -> dict[Phase, tuple[str, ...]]:
    """The statuses of each phase. A status that `x-phase` does not have is in the phase `working`."""
    schema = _task_status(document)
    given = schema.get("x-phase", {})
    phase_of = {status: given.get(status, "working") for status in schema.get("enum", ())}
    return {
        phase: tuple(status for status, own_phase in phase_of.items() if own_phase == phase)
        for phase in get_args(Phase)
    }


def _task_status(document: Document) -> Json:
    schema: Json = document.root.get("components", {}).get("schemas", {}).get("TaskStatus", {})
    return schema


def _all_responses(root: Json) -> Iterable[Json]:
    for key in ("x-every-path", "x-in-other-dialects"):
        yield root.get(key, {}).get("responses", {})
    for item in root["paths"].values():
        yield from (item[method]["responses"] for method in _METHODS if method in item)


def _constant_code(response: Json) -> str | None:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    error = schema.get("properties", {}).get("error", {})
    code = error.get("const", error.get("properties", {}).get("code", {}).get("const"))
    return None if code is None else str(code)


def operation_of(method: str, path: str) -> str | None:
    """The operationId of a request. None if the spec has no operation for it."""
    try:
        return worker_api().match(method, path).operation.id
    except (UnknownPathError, WrongMethodError):
        return None
