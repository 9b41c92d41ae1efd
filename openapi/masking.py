"""The one door through which exchanges leave the kit: no key, password or e-mail address passes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any
from urllib.parse import quote, quote_plus, unquote

from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.instant import written
from workerkit.openapi.jsontext import Malformed, parse

Secret = tuple[str, str]

_HEADERS = {"x-api-key": "key", "authorization": "key", "cookie": "cookie", "set-cookie": "cookie"}
_FIELDS = {"password": "password", "email": "email", "api_key": "key"}
# It begins where a run of characters begins and never goes back: a megabyte of letters takes no longer.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]++(?:%2[Bb][\w.+-]*+){0,3}(?:@|%40)[\w-]++(?:\.[\w-]++)+")
_NAMES = "|".join(_FIELDS)
_FIELD_IN_TEXT = re.compile(
    rf"""((['"])({_NAMES})\2\s*:\s*(['"]))((?:(?!\4)[^\\]|\\.)*)""", re.IGNORECASE | re.DOTALL
)
_FIELD_IN_ESCAPED_TEXT = re.compile(
    rf'((\\")({_NAMES})\2\s*:\s*(\\"))((?:[^"\\]|\\[^"\\]|\\\\(?:\\[\\"]|[^"\\]))*)', re.IGNORECASE
)
# A shorter secret is masked as a word only: a password "an" does not make holes in other words.
_LONG = 8
_ESCAPE = re.compile("%[0-9A-F]{2}")
_BEGINS = r"(?:(?<!\w)|(?!\w)|(?<=%[0-9a-fA-F]{2})|(?<=\\[bfnrt])|(?<=\\u[0-9a-fA-F]{4}))"
_ADDRESS_BEGINS = _BEGINS.replace(r"(?<!\w)|(?!\w)", r"(?<![\w.+-])")


class Mask:
    """Masks by field, by known value, and whatever looks like an e-mail address.

    A secret becomes its kind and a short digest, `<password 1f0c99ab>`: the same secret by the same mask
    wherever it stands, so that one can still see what is equal. The salt is what keeps digests from being
    guessed: take something that is secret itself.
    """

    def __init__(self, known: Iterable[Secret], *, salt: bytes) -> None:
        self._salt = blake2b(salt, digest_size=32).digest()
        self._known = {spelling: (kind, text) for kind, text in known for spelling in _spellings(text)}
        self._patterns = tuple(_patterns(self._known))

    def text(self, text: str) -> str:
        """The text without known secrets, in whatever common encoding they stand there."""
        text = _FIELD_IN_TEXT.sub(lambda found: self._masked_field(found, escapes=1), text)
        text = _FIELD_IN_ESCAPED_TEXT.sub(lambda found: self._masked_field(found, escapes=2), text)
        for pattern in self._patterns:
            text = pattern.sub(lambda found: self._mask(*self._known[found[0]]), text)
        return _EMAIL.sub(lambda found: self._mask("email", unquote(found[0])), text)

    def value(self, value: Any) -> Any:
        """A JSON value without secrets: by the names of its fields, and in every text."""
        if isinstance(value, dict):
            return {self.text(name): self._field(name, each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.value(each) for each in value]
        return self.text(value) if isinstance(value, str) else value

    def header(self, name: str, text: str) -> str:
        """A header's value, masked as a whole where the header is a secret one. The name is in lower case."""
        kind = _HEADERS.get(name)
        return self._mask(kind, text) if kind else self.text(text)

    def body(self, body: bytes) -> Any:
        """A body as JSON or, where it is none, as text; None where there is no body."""
        try:
            return self.value(parse(body)) if body else None
        except Malformed:
            return self.text(body.decode("utf-8", "backslashreplace"))

    def exchange(self, exchange: Exchange) -> dict[str, Any]:
        """The exchange as JSON, in the form of the control plane's journal."""
        return {
            "number": exchange.number,
            "time": written(exchange.began),
            "seconds": max(0.0, round(exchange.ended - exchange.began, 6)),
            "operation": exchange.operation,
            "server": exchange.server,
            "method": exchange.method,
            "path": self.text(exchange.path),
            "query": self.text(exchange.query),
            "request": self._message(exchange.request_headers, exchange.request_body),
            "status": exchange.status,
            "answer": self._message(exchange.answer_headers, exchange.answer_body),
            "why": self.text(exchange.why),
        }

    def line(self, exchange: Exchange) -> str:
        """The exchange in one line: number, time, request, status, and why it was refused."""
        query = f"?{exchange.query}" if exchange.query else ""
        asked = self.text(f"{exchange.method} {exchange.path}{query}")
        outcome = "no answer" if exchange.status is None else str(exchange.status)
        why = f": {self.text(exchange.why)}" if exchange.why else ""
        return f"#{exchange.number} {written(exchange.began)} {asked} -> {outcome}{why}"

    def _field(self, name: str, value: Any) -> Any:
        kind = _FIELDS.get(name.lower())
        return self._hidden(kind, value) if kind else self.value(value)

    def _hidden(self, kind: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {self.text(name): self._hidden(kind, each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._hidden(kind, each) for each in value]
        return value if value is None or isinstance(value, bool) else self._mask(kind, str(value))

    def _masked_field(self, found: re.Match[str], *, escapes: int) -> str:
        return found[1] + self._mask(_FIELDS[found[3].lower()], _unescaped(found[5], escapes))

    def _message(self, headers: Headers, body: bytes) -> dict[str, Any]:
        return {
            "headers": [[name, self.header(name, text)] for name, text in headers],
            "body": self.body(body),
        }

    def _mask(self, kind: str, secret: str) -> str:
        digest = blake2b(secret.encode("utf-8", "surrogatepass"), key=self._salt, digest_size=4)
        return f"<{kind} {digest.hexdigest()}>"


def secrets_in(value: Any) -> Iterator[Secret]:
    """The secrets that stand in the fields of a JSON value, wherever in it."""
    if isinstance(value, list):
        for each in value:
            yield from secrets_in(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            kind = _FIELDS.get(name.lower())
            if kind and isinstance(each, str):
                yield kind, each
            else:
                yield from secrets_in(each)


def _spellings(secret: str) -> set[str]:
    """The forms in which clients of all kinds write a text into URLs and JSON."""
    quoted = {quote(secret, safe=safe) for safe in ("", "/", "!'()*", "!#$%&'()*+,/:;=?@[]~")}
    quoted.add(quote_plus(secret))
    quoted |= {_ESCAPE.sub(lambda found: found[0].lower(), each) for each in quoted}
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    escaped |= {each.replace("/", r"\/") for each in escaped}
    escaped |= {json.dumps(each, ensure_ascii=False)[1:-1] for each in escaped}
    return {form for form in (secret, *quoted, *escaped) if form}


def _patterns(known: Mapping[str, Secret]) -> Iterator[re.Pattern[str]]:
    """What finds known forms: long ones wherever they stand, addresses and short ones as whole words."""
    longest_first = sorted(known, key=lambda each: (-len(each), each))
    addresses = [each for each in longest_first if known[each][0] == "email"]
    others = [each for each in longest_first if known[each][0] != "email"]
    yield from _any_of([each for each in others if len(each) >= _LONG])
    yield from _any_of(addresses, _ADDRESS_BEGINS, r"(?![\w-]|\.\w)")
    yield from _any_of([each for each in others if len(each) < _LONG], _BEGINS, r"(?:(?!\w)|(?<!\w))")


def _any_of(forms: list[str], begins: str = "", ends: str = "") -> Iterator[re.Pattern[str]]:
    if forms:
        yield re.compile(f"{begins}(?:{'|'.join(map(re.escape, forms))}){ends}")


def _unescaped(text: str, times: int) -> str:
    try:
        for _ in range(times):
            text = str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        pass
    return text
