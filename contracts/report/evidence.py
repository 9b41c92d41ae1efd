"""An exchange in a report, without secrets: a curl command that repeats the request, and the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workerkit.contracts.report.curl_command import curl_command, key_header, shell_word, type_header
from workerkit.contracts.target.target import Target
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking.mask import Mask
from workerkit.openapi.spec.api import worker_api

_MAX_TEXT_LENGTH = 4000
_MAX_LIST_LENGTH = 5
_REPORTED_HEADERS = ("content-type", "location", "allow", "retry-after")
# The field of a target with each key, and the environment variable that a curl command has in its place.
_KEY_VARIABLES = {
    "api_key": "LIKEPION_API_KEY",
    "other_api_key": "LIKEPION_OTHER_API_KEY",
    "inactive_api_key": "LIKEPION_INACTIVE_API_KEY",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One exchange in a report. The field names are the keys of the JSON report.

    number: the number of the exchange in the run.
    operation: the operation of the spec, or None if the path is not in the spec.
    curl: a shell command that repeats the request.
    method: the HTTP method.
    path: the path with the query.
    request: the body of the request: a JSON value or a text. Long lists and long texts are shortened.
    status: the HTTP status of the answer, or None if no answer came.
    headers: some headers of the answer.
    answer: the body of the answer, in the same form as `request`.
    """

    number: int
    operation: str | None
    curl: str
    method: str
    path: str
    request: Any
    status: int | None
    headers: dict[str, str]
    answer: Any

    def as_json(self) -> dict[str, Any]:
        """The exchange as an object of the JSON report."""
        return {name: getattr(self, name) for name in self.__slots__}


def evidence_of(exchange: Exchange, target: Target, mask: Mask) -> Evidence:
    """The exchange as evidence."""
    query = f"?{exchange.query}" if exchange.query else ""
    return Evidence(
        number=exchange.number,
        operation=exchange.operation,
        curl=_curl(exchange, target, mask),
        method=exchange.method,
        path=mask.text(exchange.path + query),
        request=_body(exchange.request_body, exchange.request_json(), mask),
        status=exchange.status,
        headers={
            name: mask.header(name, value)
            for name, value in exchange.answer_headers
            if name in _REPORTED_HEADERS
        },
        answer=_body(exchange.answer_body, exchange.answer_json(), mask),
    )


def _curl(exchange: Exchange, target: Target, mask: Mask) -> str:
    query = f"?{exchange.query}" if exchange.query else ""
    url = target.base_url + exchange.path.removeprefix(worker_api().base_path) + query
    headers = dict(exchange.request_headers)
    key = headers.get(worker_api().key_header)
    words = [] if key is None else [key_header(key, _key_variables(target), mask.text(key))]
    if exchange.request_body:
        words.append(type_header(headers.get("content-type", "")))
    body = mask.text(exchange.request_body.decode("utf-8", "surrogateescape"))
    return curl_command(
        exchange.method, shell_word(mask.text(url)), words, body.encode("utf-8", "surrogateescape")
    )


def _key_variables(target: Target) -> dict[str, str]:
    keys = ((getattr(target, name), variable) for name, variable in _KEY_VARIABLES.items())
    return {key: variable for key, variable in keys if key}


def _body(raw: bytes, json_value: Any, mask: Mask) -> Any:
    if json_value is not None:
        return _shortened(mask.value(json_value))
    text = mask.text(raw.decode("utf-8", "backslashreplace"))
    return _shortened(text) if text else None


def _shortened(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _MAX_TEXT_LENGTH:
        return f"{value[:_MAX_TEXT_LENGTH]}… ({len(value)} characters)"
    if isinstance(value, list):
        rest = len(value) - _MAX_LIST_LENGTH
        return [*map(_shortened, value[:_MAX_LIST_LENGTH]), *([f"… and {rest} more"] if rest > 0 else [])]
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items()}
    return value
