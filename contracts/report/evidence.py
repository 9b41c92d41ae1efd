"""An exchange as a report shows it: with the curl line that repeats it, and without secrets."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

from workerkit.contracts.gate.gate import KEY_HEADER
from workerkit.contracts.target.target import BASE_PATH, Target
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking.mask import Mask

# In place of a made-up key that a shell would read as more than text.
_ODD_KEY = "***"
_LONGEST_BODY = 4000
_LONGEST_LIST = 5
_SHOWN_HEADERS = ("content-type", "location", "allow", "retry-after")
_KEY_NAMES = ("api_key", "other_api_key", "inactive_api_key")
_KEY_VARIABLES = ("LIKEPION_API_KEY", "LIKEPION_OTHER_API_KEY", "LIKEPION_INACTIVE_API_KEY")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One exchange. `request` and `answer` are JSON values or texts, long lists and texts cut short."""

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


def show(exchange: Exchange, target: Target, mask: Mask) -> Evidence:
    """The exchange as evidence."""
    query = f"?{exchange.query}" if exchange.query else ""
    return Evidence(
        number=exchange.number,
        operation=exchange.operation,
        curl=_curl(exchange, target, mask),
        method=exchange.method,
        path=mask.text(exchange.path + query),
        request=_body(exchange.request_body, exchange.sent(), mask),
        status=exchange.status,
        headers={
            name: mask.header(name, value)
            for name, value in exchange.answer_headers
            if name in _SHOWN_HEADERS
        },
        answer=_body(exchange.answer_body, exchange.answered(), mask),
    )


def _curl(exchange: Exchange, target: Target, mask: Mask) -> str:
    query = f"?{exchange.query}" if exchange.query else ""
    url = target.base_url + exchange.path.removeprefix(BASE_PATH) + query
    words = ["curl", "-i", "-X", exchange.method, shlex.quote(mask.text(url))]
    headers = dict(exchange.request_headers)
    key = headers.get(KEY_HEADER.lower())
    if key is not None:
        words += ["-H", f'"{KEY_HEADER}: {_key(key, target, mask)}"']
    if exchange.request_body:
        kind = headers.get("content-type", "")
        words += ["-H", shlex.quote(f"Content-Type: {kind}"), "--data-binary", _data(exchange, mask)]
    return " ".join(words)


def _key(key: str, target: Target, mask: Mask) -> str:
    for name, variable in zip(_KEY_NAMES, _KEY_VARIABLES, strict=True):
        known = getattr(target, name)
        if known and key.startswith(known):
            rest = key.removeprefix(known)
            return f"${{{variable}}}{rest}" if rest else f"${variable}"
    text = mask.text(key)
    return text if text.isascii() and text.isprintable() and not set(text) & set('"$`\\') else _ODD_KEY


def _data(exchange: Exchange, mask: Mask) -> str:
    body = mask.text(exchange.request_body.decode("utf-8", "backslashreplace"))
    if len(body) > _LONGEST_BODY:
        return shlex.quote(f"{body[:_LONGEST_BODY]}… ({len(exchange.request_body)} bytes)")
    return shlex.quote(body)


def _body(raw: bytes, value: Any, mask: Mask) -> Any:
    if value is not None:
        return _shortened(mask.value(value))
    text = mask.text(raw.decode("utf-8", "backslashreplace"))
    return _shortened(text) if text else None


def _shortened(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST_BODY:
        return f"{value[:_LONGEST_BODY]}… ({len(value)} characters)"
    if isinstance(value, list):
        rest = len(value) - _LONGEST_LIST
        return [*map(_shortened, value[:_LONGEST_LIST]), *([f"… and {rest} more"] if rest > 0 else [])]
    if isinstance(value, dict):
        return {key: _shortened(each) for key, each in value.items()}
    return value
