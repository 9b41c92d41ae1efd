"""The one door through which what was sent and answered goes into a report: no secret passes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

from workerkit.contracts.wire import KEY_HEADER
from workerkit.openapi.exchange import Exchange

MASK = "***"
# A shorter value is masked in its field, and not wherever the same letters stand.
_SHORTEST = 4
_SECRET_FIELDS = frozenset({"password", "email"})
_SECRET_HEADERS = frozenset({KEY_HEADER.lower(), "authorization", "cookie", "set-cookie"})
_EMAIL = re.compile(r"[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+")
_FIELD_IN_TEXT = re.compile(r'(\\?"(?:password|email)\\?"\s*:\s*\\?")(?:[^"\\]|\\[^"])*')


class Masker:
    """Masks by field and by known value: keys, and the passwords and e-mail addresses of tasks seen."""

    def __init__(self, keys: Iterable[str], exchanges: Iterable[Exchange]) -> None:
        known = {*keys}
        for exchange in exchanges:
            for body in (exchange.sent(), exchange.answered()):
                known.update(each for each in _secrets(body) if len(each) >= _SHORTEST)
        spellings = {spelling for each in known for spelling in _spellings(each)}
        words = "|".join(re.escape(each) for each in sorted(spellings, key=lambda each: (-len(each), each)))
        self._known = re.compile(rf"(?<!\w)(?:{words})(?!\w)") if words else None

    def text(self, text: str) -> str:
        """The text with every known secret, and whatever looks like an e-mail address, masked."""
        text = _FIELD_IN_TEXT.sub(rf"\g<1>{MASK}", text)
        text = _EMAIL.sub(MASK, text)
        return self._known.sub(MASK, text) if self._known else text

    def value(self, value: Any) -> Any:
        """The JSON value with every secret masked, in keys and in values."""
        if isinstance(value, dict):
            return {self.text(key): self._field(key, each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.value(each) for each in value]
        return self.text(value) if isinstance(value, str) else value

    def header(self, name: str, value: str) -> str:
        """The header's value, or the mask where the header is a secret as a whole."""
        return MASK if name.lower() in _SECRET_HEADERS else self.text(value)

    def _field(self, key: str, value: Any) -> Any:
        return MASK if key.lower() in _SECRET_FIELDS and value is not None else self.value(value)


def _spellings(secret: str) -> tuple[str, ...]:
    escaped = (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    return (secret, quote(secret), quote(secret, safe=""), quote_plus(secret), *escaped)


def _secrets(value: Any) -> Iterable[str]:
    if isinstance(value, list):
        for each in value:
            yield from _secrets(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key in _SECRET_FIELDS and isinstance(each, str):
                yield each
            elif isinstance(each, dict | list):
                yield from _secrets(each)
