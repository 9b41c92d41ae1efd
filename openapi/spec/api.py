"""The whole API, compiled: which operation a request is for, and what the spec says of all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from http import HTTPStatus
from urllib.parse import unquote

from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.spec.dialect import Dialect
from workerkit.openapi.spec.dialect_spec import derive
from workerkit.openapi.spec.document import Document, Json, bundled
from workerkit.openapi.spec.operation import Operation, compile_operation

_MOST_KEPT = 64
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class UnknownPathError(WorkerkitError, LookupError):
    """The path is no operation's."""


class WrongMethodError(WorkerkitError, LookupError):
    """The path is an operation's, the method is not. `allowed` are the methods that are, in order."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self.allowed = tuple(sorted(allowed))
        super().__init__(", ".join(self.allowed))


@dataclass(slots=True)  # one for each request: to freeze it would take longer
class Match:
    """The operation that a request is for, with the decoded values of its path parameters."""

    operation: Operation
    path_values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Template:
    pattern: re.Pattern[str]
    methods: Mapping[str, Operation]


class Api:
    """Every operation of a document, compiled once. Static paths come before those with parameters.

    `source` is that document; `document` is what the dialect makes of it. `key_header` is the name, in lower
    case, of the header that the API key comes in; `active_statuses` are the statuses of a server with which
    its key is taken; after `offline_after` seconds without a heartbeat it gets `offline_status`, unless that
    is None; `flow` says which status may follow which in a task's flow.
    """

    def __init__(self, source: Document, dialect: Dialect | None = None) -> None:
        self.source = source
        self.dialect = Dialect() if dialect is None else dialect
        document = self.document = derive(source, self.dialect)
        self.base_path = document.base_path
        self.operations = {each.id: each for each in _operations(document)}
        self._static: dict[str, dict[str, Match]] = {}
        self._templates = _templates(self.operations.values())
        for operation in self.operations.values():
            if not operation.path_parameters:
                self._static.setdefault(operation.path, {})[operation.method] = Match(operation, {})
        self._codes = _error_codes(document)
        scheme = _key_scheme(document)
        self.key_header: str = scheme.get("name", "").lower()
        self.active_statuses: tuple[str, ...] = tuple(scheme.get("x-active-statuses", []))
        self.offline_status = _first_inactive(scheme)
        self.offline_after: float | None = scheme.get("x-offline-after")
        self.flow = _flow(document)

    def match(self, method: str, path: str) -> Match:
        """The operation of a request, by its raw path without the query. Raises UnknownPath, WrongMethod."""
        static = self._static.get(path)
        if static is not None:
            if method in static:
                return static[method]
            raise WrongMethodError(static)
        return self._match_template(method, path)

    def error_code(self, status: int) -> str:
        """The code that an error answer of this status carries in the spec: 403 is `not_your_task`."""
        return self._codes.get(status) or HTTPStatus(status).phrase.lower().replace(" ", "_")

    def enumeration(self, schema: str) -> tuple[str, ...]:
        """The values of an enumeration of the spec, in its order: of `TaskStatus`, say."""
        return tuple(self.document.root["components"]["schemas"][schema]["enum"])

    def _match_template(self, method: str, path: str) -> Match:
        for template in self._templates:
            found = template.pattern.fullmatch(path)
            if found is None:
                continue
            if method not in template.methods:
                raise WrongMethodError(template.methods)
            return Match(template.methods[method], _decoded(found.groupdict()))
        raise UnknownPathError(path)


@lru_cache(maxsize=_MOST_KEPT)
def api_of(document: Document, dialect: Dialect) -> Api:
    """The API of a dialect; compiled once for each, unless there are very many."""
    return Api(document, dialect)


def worker_api(dialect: Dialect | None = None) -> Api:
    """The Worker API of a dialect, the default one where it is None, by the kit's own `worker-api.yaml`."""
    if dialect is None or not dialect.choices:
        return _default_worker_api()
    return api_of(bundled("worker-api.yaml"), dialect)


@cache
def _default_worker_api() -> Api:
    """Asked for with every exchange: to put the default dialect together takes longer than to use it."""
    return api_of(bundled("worker-api.yaml"), Dialect())


def control_api() -> Api:
    """The control plane as the kit's own `control-api.yaml` describes it."""
    return api_of(bundled("control-api.yaml"), Dialect())


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
    steps = re.split(r"\{(\w+)\}", path)
    return re.compile("".join(f"(?P<{s}>[^/]+)" if i % 2 else re.escape(s) for i, s in enumerate(steps)))


def _error_codes(document: Document) -> dict[int, str]:
    codes: dict[int, str] = {}
    for responses in _all_responses(document.root):
        for status, response in responses.items():
            code = _fixed_code(document, document.follow(response))
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
    schema = document.root.get("components", {}).get("schemas", {}).get("TaskStatus", {})
    return {status: frozenset(following) for status, following in schema.get("x-flow", {}).items()}


def _all_responses(root: Json) -> Iterable[Json]:
    for place in ("x-every-path", "x-in-other-dialects"):
        yield root.get(place, {}).get("responses", {})
    for item in root["paths"].values():
        yield from (item[method]["responses"] for method in _METHODS if method in item)


def _fixed_code(document: Document, response: Json) -> str | None:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    for part in [schema, *schema.get("allOf", [])]:
        error = document.follow(part).get("properties", {}).get("error", {})
        code = error.get("const", error.get("properties", {}).get("code", {}).get("const"))
        if code is not None:
            return str(code)
    return None


def operation_of(method: str, path: str) -> str | None:
    """The operation that a request is for, None where it is for none."""
    try:
        return worker_api().match(method, path).operation.id
    except (UnknownPathError, WrongMethodError):
        return None
