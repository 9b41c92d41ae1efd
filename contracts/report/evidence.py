"""An exchange in a report, without secrets: a curl command that repeats the request, and the answer."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

from workerkit.contracts.target.target import Target
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking.mask import Mask
from workerkit.openapi.spec.api import worker_api

# A curl command has this text in place of a generated key that contains special shell characters, or
# characters that are not printable ASCII.
_KEY_WITH_SHELL_CHARACTERS = "***"
_MAX_TEXT_LENGTH = 4000
_MAX_LIST_LENGTH = 5
_REPORTED_HEADERS = ("content-type", "location", "allow", "retry-after")
_KEY_NAMES = ("api_key", "other_api_key", "inactive_api_key")
_KEY_VARIABLES = ("LIKEPION_API_KEY", "LIKEPION_OTHER_API_KEY", "LIKEPION_INACTIVE_API_KEY")


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
    # Without --globoff, curl reads brackets in a URL as several URLs.
    globoff = ["--globoff"] if set(url) & set("[]{}") else []
    words = ["curl", "-i", *globoff, "-X", exchange.method, _quoted(mask.text(url))]
    headers = dict(exchange.request_headers)
    key = headers.get(worker_api().key_header)
    if key is not None:
        words += ["-H", f'"{worker_api().key_header_name}: {_key_text(key, target, mask)}"']
    if exchange.request_body:
        content_type = headers.get("content-type", "")
        words += ["-H", _quoted(f"Content-Type: {content_type}".rstrip())]
        words += ["--data-binary", _quoted(_body_text(exchange.request_body, mask))]
    return " ".join(words)


def _key_text(key: str, target: Target, mask: Mask) -> str:
    for name, variable in zip(_KEY_NAMES, _KEY_VARIABLES, strict=True):
        known_key = getattr(target, name)
        if known_key and key.startswith(known_key):
            rest = key.removeprefix(known_key)
            return f"${{{variable}}}{rest}" if rest else f"${variable}"
    text = mask.text(key)
    is_plain = text.isascii() and text.isprintable() and not set(text) & set('"$`\\')
    return text if is_plain else _KEY_WITH_SHELL_CHARACTERS


def _body_text(body: bytes, mask: Mask) -> str:
    """The body as text. A byte that is not UTF-8 is a lone surrogate, as in Python's `surrogateescape`."""
    return mask.text(body.decode("utf-8", "surrogateescape"))


def _quoted(text: str) -> str:
    """The text as one word for bash and zsh. Bytes that a terminal cannot show are written as `\\xNN`."""
    if text.isprintable():
        return shlex.quote(text)
    escaped = "".join(map(_escaped, text))
    return f"$'{escaped}'"


def _escaped(character: str) -> str:
    if character in "'\\":
        return f"\\{character}"
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))


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
