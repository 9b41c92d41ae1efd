"""The one door through which exchanges leave the kit: no key, password or e-mail address passes it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import blake2b
from typing import Any
from urllib.parse import unquote

from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.formats.strict_json import MalformedJsonError, parse
from workerkit.openapi.formats.timestamp import written
from workerkit.openapi.masking.encodings import (
    alone_in_base64,
    decoded,
    in_base64,
    in_hex,
    is_layered,
    spellings,
)
from workerkit.openapi.masking.literal_regex import any_of

Secret = tuple[str, str]

_HEADERS = {"x-api-key": "key", "authorization": "key", "cookie": "cookie", "set-cookie": "cookie"}
_FIELDS = {
    "password": "password",
    "email": "email",
    **dict.fromkeys(("api_key", "apikey", "api-key", "x-api-key", "authorization", "token"), "key"),
}
_NAMES = "|".join(map(re.escape, _FIELDS))
# It begins where a run of characters begins and never goes back: a megabyte of letters takes no longer.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]++(?:%2[Bb][\w.+-]*+){0,3}(?:@|%40)[\w-]++(?:\.[\w-]++)+")
_FIELD_IN_TEXT = re.compile(
    rf"""((['"])({_NAMES})\2\s*:\s*(['"]))((?:(?!\4)[^\\]|\\.)*)""", re.IGNORECASE | re.DOTALL
)
_FIELD_IN_ESCAPED_TEXT = re.compile(
    rf'((\\")({_NAMES})\2\s*:\s*(\\"))((?:[^"\\]|\\[^"\\]|\\\\(?:\\[\\"]|[^"\\]))*)', re.IGNORECASE
)
_FIELD_IN_QUERY = re.compile(rf"""((?<![\w-])({_NAMES})=)([^&\s;,"'<>]+)""", re.IGNORECASE)
_HEADERS_IN_TEXT = ("x-api-key:", "authorization:")
_HEADER_IN_TEXT = re.compile(
    r"""((?<![\w-])(x-api-key|authorization):\s*(?:bearer\s+|basic\s+)?)([^\s;,"'<>]+)""", re.IGNORECASE
)
# Base64 of some length has them, and few other words that are no sentences.
_TWO_CAPITALS = re.compile(r"[A-Z][\w+/-]*[A-Z]", re.ASCII)
# Words that stand in masks and beside secrets: whoever takes one for a password has no secret.
_NO_SECRETS = ("", "password", "email", "api_key", "key", "token", "cookie")
_MASKED = re.compile(r"<(?:key|password|email|cookie) [0-9a-f]{8}>")
# A shorter secret is masked as a word only: a password "an" does not make holes in other words.
_LONG = 8
_SHORTEST_KEY = 6
_MOST_REMEMBERED, _LONGEST_REMEMBERED = 4096, 64
_BEGINS = r"(?:(?<!\w)|(?!\w)|(?<=%[0-9a-fA-F]{2})|(?<=\\[bfnrt])|(?<=\\u[0-9a-fA-F]{4}))"
_ENDS = r"(?:(?!\w)|(?<!\w))"
_ADDRESS_BEGINS = _BEGINS.replace(r"(?<!\w)|(?!\w)", r"(?<![\w.+-])")


class Mask:
    """Masks by field, by known value, and whatever looks like an e-mail address.

    A secret becomes its kind and a short digest, `<password 1f0c99ab>`: the same secret by the same mask
    wherever it stands, so that one can still see what is equal. The salt is what keeps digests from being
    guessed: take something that is secret itself.
    """

    def __init__(self, known: Iterable[Secret], *, salt: bytes) -> None:
        self._salt = blake2b(salt, digest_size=32).digest()
        self._layers = tuple(_layers(known))
        self._remember()

    def knowing(self, more: Iterable[Secret]) -> Mask:
        """This mask, but it knows some more secrets."""
        return self._with(_layers(secret for secret in more if not self._knows(secret[1])))

    def joined(self, other: Mask) -> Mask:
        """This mask, but it knows the secrets of another one, too."""
        return self._with(other._layers)

    def text(self, text: str) -> str:
        """The text without secrets. One that is hidden under layers of encoding is shown without those."""
        shown = self._plain(text)
        if is_layered(shown):
            for bare in decoded(shown):
                hidden = self._plain(bare)
                shown = shown if hidden == bare else hidden
        return shown

    def value(self, value: Any) -> Any:
        """A JSON value without secrets: by the names of its fields, and in every text."""
        if isinstance(value, dict):
            return {self._shown(name): self._field(name, each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.value(each) for each in value]
        return self._shown(value) if isinstance(value, str) else value

    def under(self, names: Iterable[str], value: Any) -> Any:
        """A JSON value that stands in fields of these names, one inside the other, without secrets."""
        kinds = [_FIELDS[name.lower()] for name in names if name.lower() in _FIELDS]
        return self._hidden(kinds[0], value) if kinds else self.value(value)

    def header(self, name: str, text: str) -> str:
        """A header's value, masked as a whole where the header is a secret one. The name is in lower case."""
        kind = _HEADERS.get(name)
        return self._mask(kind, text) if kind else self._shown(text)

    def body(self, body: bytes) -> Any:
        """A body as JSON or, where it is none, as text; None where there is no body."""
        try:
            return self.value(parse(body)) if body else None
        except MalformedJsonError:
            return self.text(body.decode("utf-8", "backslashreplace"))

    def exchange(self, exchange: Exchange) -> dict[str, Any]:
        """The exchange as JSON, in the form of the control plane's journal."""
        return self._aware_of(exchange)._exchange(exchange)

    def line(self, exchange: Exchange) -> str:
        """The exchange in one line: number, time, request, status, and why it was refused."""
        return self._aware_of(exchange)._line(exchange)

    def _exchange(self, exchange: Exchange) -> dict[str, Any]:
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

    def _line(self, exchange: Exchange) -> str:
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
            return {self._shown(name): self._hidden(kind, each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._hidden(kind, each) for each in value]
        if value is None or isinstance(value, bool):
            return value
        return self._mask(kind, value) if isinstance(value, str) else self._number(kind, value)

    def _number(self, kind: str, number: int | float) -> Any:
        return self._mask(kind, str(number))

    def _with(self, layers: Iterable[_Layer]) -> Mask:
        mask = copy(self)
        mask._layers = (*self._layers, *layers)
        mask._remember()
        return mask

    def _remember(self) -> None:
        self._remembered = lru_cache(maxsize=_MOST_REMEMBERED)(self.text)
        self._knowing = lru_cache(maxsize=64)(self.knowing)

    def _aware_of(self, exchange: Exchange) -> Mask:
        """The mask that also knows the keys, right or wrong, that came with an exchange."""
        unknown = tuple(key for key in keys_of(exchange) if not self._knows(key[1]))
        return self._knowing(unknown) if unknown else self

    def _knows(self, secret: str) -> bool:
        return any(secret in layer.known for layer in self._layers)

    def _shown(self, text: str) -> str:
        """What `text` says; names and ids come again and again."""
        return self._remembered(text) if len(text) <= _LONGEST_REMEMBERED else self.text(text)

    def _plain(self, text: str) -> str:
        """The text without secrets, as far as they are not hidden under several layers of encoding."""
        if '"' in text or "'" in text:
            text = _FIELD_IN_TEXT.sub(partial(self._masked_field, escapes=1), text)
            text = _FIELD_IN_ESCAPED_TEXT.sub(partial(self._masked_field, escapes=2), text)
        for layer in self._layers:
            if layer.pattern.search(text):
                text = layer.pattern.sub(partial(self._masked_known, layer.known), text)
        if "=" in text:
            text = _FIELD_IN_QUERY.sub(self._masked_pair, text)
        if ":" in text:
            text = _HEADER_IN_TEXT.sub(self._masked_pair, text)
        if "@" in text or "%40" in text:
            text = _EMAIL.sub(lambda found: self._mask("email", unquote(found[0])), text)
        return text

    def _masked_known(self, known: Mapping[str, Secret], found: re.Match[str]) -> str:
        return self._mask(*known[found[0]])

    def _masked_field(self, found: re.Match[str], *, escapes: int) -> str:
        if _MASKED.fullmatch(found[5]):
            return found[0]
        return found[1] + self._mask(_FIELDS[found[3].lower()], _unescaped(found[5], escapes))

    def _masked_pair(self, found: re.Match[str]) -> str:
        return found[1] + self._mask(_FIELDS[found[2].lower()], unquote(found[3]))

    def _message(self, headers: Headers, body: bytes) -> dict[str, Any]:
        encoding = next((text for name, text in headers if name == "content-encoding"), "identity")
        return {
            "headers": [[self._shown(name), self.header(name, text)] for name, text in headers],
            "body": self.body(body) if encoding == "identity" else _encoded(body),
        }

    def _mask(self, kind: str, secret: str) -> str:
        if _MASKED.fullmatch(secret):  # it went through the door before
            return secret
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


def kind_of_field(name: str) -> str | None:
    """What secrets stand in fields of a name; None where none do."""
    return _FIELDS.get(name.lower())


def is_secret_header(name: str) -> bool:
    """Whether a header's value is secret as a whole. The name is in lower case."""
    return name in _HEADERS


def may_show_a_secret(text: str) -> bool:
    """Whether a text may have an address, a field or header of a secret or, in base64, one of them."""
    folded = text.casefold()
    return (
        "@" in text
        or (any(sign in text for sign in "\"'=") and any(name in folded for name in _FIELDS))
        or (":" in text and any(header in folded for header in _HEADERS_IN_TEXT))
        or (folded != text and bool(_TWO_CAPITALS.search(text)))
    )


def keys_of(exchange: Exchange) -> Iterator[Secret]:
    """The keys in the headers of a request, whether right or wrong, unless they are very short."""
    for name, text in exchange.request_headers:
        if _HEADERS.get(name) == "key":
            yield from (("key", key) for key in {text, text.rpartition(" ")[2]} if len(key) >= _SHORTEST_KEY)


@dataclass(frozen=True, slots=True)
class _Layer:
    """A pattern that finds all forms of some secrets, and which secret each form stands for."""

    pattern: re.Pattern[str]
    known: Mapping[str, Secret]


def _layers(secrets: Iterable[Secret]) -> Iterator[_Layer]:
    """One layer, or none. Long forms are found wherever they stand, addresses and short ones as words."""
    told = [secret for secret in dict.fromkeys(secrets) if secret[1].strip() not in _NO_SECRETS]
    cores = {form: each for each in told for form in (*in_base64(each[1]), *in_hex(each[1]))}
    alone = {form: secret for secret in told for form in alone_in_base64(secret[1])}
    plain = {form: secret for secret in told for form in spellings(secret[1])}
    addresses = [form for form, (kind, _) in plain.items() if kind == "email"]
    others = [form for form, (kind, _) in plain.items() if kind != "email"]
    long, short = ([form for form in others if (len(form) >= _LONG) is wanted] for wanted in (True, False))
    branches = [
        *_branch(addresses, _ADDRESS_BEGINS, r"(?![\w-]|\.\w)"),
        *_branch(alone, _BEGINS, _ENDS),
        *_branch([*long, *cores]),
        *_branch(short, _BEGINS, _ENDS),
    ]
    if branches:
        yield _Layer(re.compile("|".join(branches)), {**cores, **alone, **plain})


def _branch(forms: Collection[str], begins: str = "", ends: str = "") -> Iterator[str]:
    if forms:
        yield begins + any_of(forms) + ends


def _encoded(body: bytes) -> str:
    return f"({len(body)} bytes, encoded)"


def _unescaped(text: str, times: int) -> str:
    try:
        for _ in range(times):
            text = str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        pass
    return text
