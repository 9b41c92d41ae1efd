"""The whole API, compiled: which operation a request is for, and what the spec says of all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from urllib.parse import unquote

from workerkit.openapi.document import Document, Json, bundled
from workerkit.openapi.operation import Operation, compile_operation

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class UnknownPath(LookupError):
    """The path is no operation's."""


class WrongMethod(LookupError):
    """The path is an operation's, the method is not. `allowed` are the methods that are, in order."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self.allowed = tuple(sorted(allowed))
        super().__init__(", ".join(self.allowed))


@dataclass(frozen=True, slots=True)
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

    `key_header` is the name, in lower case, of the header that the API key comes in; `active_statuses` are
    the statuses of a server with which its key is taken.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.base_path = document.base_path
        self.operations = {each.id: each for each in _operations(document)}
        self._static: dict[str, dict[str, Match]] = {}
        self._templates = _templates(self.operations.values())
        for operation in self.operations.values():
            if not operation.path_parameters:
                self._static.setdefault(operation.path, {})[operation.method] = Match(operation, {})
        self._codes = _error_codes(document)
        self.key_header, self.active_statuses = _security(document)

    def match(self, method: str, path: str) -> Match:
        """The operation of a request, by its raw path without the query. Raises UnknownPath, WrongMethod."""
        static = self._static.get(path)
        if static is not None:
            if method in static:
                return static[method]
            raise WrongMethod(static)
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
                raise WrongMethod(template.methods)
            return Match(template.methods[method], {k: unquote(v) for k, v in found.groupdict().items()})
        raise UnknownPath(path)


@cache
def worker_api() -> Api:
    """The Worker API as the kit's own `worker-api.yaml` describes it."""
    return Api(bundled("worker-api.yaml"))


@cache
def control_api() -> Api:
    """The control plane as the kit's own `control-api.yaml` describes it."""
    return Api(bundled("control-api.yaml"))


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


def _security(document: Document) -> tuple[str, frozenset[str]]:
    schemes = document.root.get("components", {}).get("securitySchemes", {})
    for scheme in schemes.values():
        if scheme.get("in") == "header":
            return scheme["name"].lower(), frozenset(scheme.get("x-active-statuses", []))
    return "", frozenset()


def _all_responses(root: Json) -> Iterable[Json]:
    yield root.get("x-every-path", {}).get("responses", {})
    for item in root["paths"].values():
        yield from (item[method]["responses"] for method in _METHODS if method in item)


def _fixed_code(document: Document, response: Json) -> str | None:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    for part in [schema, *schema.get("allOf", [])]:
        code = document.follow(part).get("properties", {}).get("error", {}).get("const")
        if code is not None:
            return str(code)
    return None
