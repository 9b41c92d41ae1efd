"""The mask: replaces API keys, passwords, e-mail addresses and cookies by placeholders.

Everything that the kit writes or shows about an exchange goes through a mask first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import blake2b
from typing import Any
from urllib.parse import unquote

from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.formats.content_coding import is_encoded
from workerkit.openapi.formats.steps import Steps, finish
from workerkit.openapi.formats.strict_json import MalformedJsonError, parse
from workerkit.openapi.formats.timestamp import time_text
from workerkit.openapi.languages.phrase import Phrase, joined, phrase
from workerkit.openapi.masking.common_words import is_common
from workerkit.openapi.masking.encodings import (
    base64_forms,
    base64_fragments,
    decodings,
    encoded_forms,
    hex_forms,
    in_one_case,
    may_be_encoded,
)
from workerkit.openapi.masking.literal_regex import regex_of_any
from workerkit.openapi.masking.rare_encodings import RARE_DECODERS
from workerkit.openapi.masking.secret_names import secret_names

# The kind of a secret (key, password, email or cookie), and its text.
Secret = tuple[str, str]

# The pattern starts only at the start of a word and never backtracks. So a megabyte of letters is fast, too.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]++(?:%2[Bb][\w.+-]*+){0,3}(?:@|%40)[\w-]++(?:\.[\w-]++)+")
# Long base64 texts almost always have two capital letters in one word. Few other texts do.
_TWO_CAPITALS = re.compile(r"[A-Z][\w+/-]*[A-Z]", re.ASCII)
_PLACEHOLDER = re.compile(r"<(?:key|password|email|cookie) [0-9a-f]{8}>")
# A secret with fewer than 8 characters is masked only as a whole word. So with the password "an", the word
# "answer" stays as it is.
_LONG = 8
# Hexadecimal digits of a short secret are masked only if no other hexadecimal digit is next to them.
_LONG_HEX = 12
_HEX_BEGINS, _HEX_ENDS = "(?<![0-9a-f])", "(?![0-9a-f])"
_UUID = re.compile(r"(?<!\w)[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?!\w)")
_UUID_LENGTH = 36
_IN_UUID = re.compile("[0-9a-fA-F-]*")
_SHORTEST_KEY = 6
_CACHE_SIZE, _LONGEST_CACHED_TEXT = 4096, 64
_LONGEST_SHORT_BODY, _MAX_SMALL = 2048, 64
_WORD_BEGINS = r"(?:(?<!\w)|(?!\w)|(?<=%[0-9a-fA-F]{2})|(?<=\\[bfnrt])|(?<=\\u[0-9a-fA-F]{4}))"
_WORD_ENDS = r"(?:(?!\w)|(?<!\w))"
_ADDRESS_BEGINS = _WORD_BEGINS.replace(r"(?<!\w)|(?!\w)", r"(?<![\w.+-])")


class Mask:
    """Replaces known secrets, the values of secret fields and headers, and all e-mail addresses.

    Known secrets are found in upper and lower case. Common words are replaced only in secret fields, even if
    one of them is a password.

    A secret becomes its kind and a digest: `<password 1f0c99ab>`. One mask gives equal secrets equal
    placeholders, so readers still see which values are equal.

    known: the known secrets.
    salt: the key of the digests. Nobody can guess a secret from its digest if the salt is secret.
    """

    def __init__(self, known: Iterable[Secret], *, salt: bytes) -> None:
        self._names = secret_names()
        self._salt = blake2b(salt, digest_size=32).digest()
        self._patterns = tuple(_secret_patterns(known))
        self._reset_caches()

    def with_secrets(self, more: Iterable[Secret]) -> Mask:
        """A copy of this mask that also knows the secrets in `more`."""
        return self._with_patterns(_secret_patterns(secret for secret in more if not self._knows(secret[1])))

    def with_secrets_of(self, other: Mask) -> Mask:
        """A copy of this mask that also knows the secrets of the mask `other`."""
        return self._with_patterns(other._patterns)

    def text(self, text: str) -> str:
        """The text without secrets. If a secret is encoded several times, the decoded text is returned."""
        if isinstance(text, Phrase):
            return text.changed_by(self.text)
        masked = self._mask_one_layer(text)
        if may_be_encoded(masked):
            for decode in RARE_DECODERS:
                masked = self._masked_decoding(masked, decode(masked))
            for decoded in decodings(masked):
                masked = self._masked_decoding(masked, decoded)
        return masked

    def value(self, value: Any) -> Any:
        """A JSON value without secrets. Names of fields, and texts at any depth, are masked."""
        if isinstance(value, dict):
            return {
                self._cached_text(name): self._field_value(name, member) for name, member in value.items()
            }
        if isinstance(value, list):
            return [self.value(member) for member in value]
        return self._cached_text(value) if isinstance(value, str) else value

    def value_in_fields(self, names: Iterable[str], value: Any) -> Any:
        """A JSON value without secrets. `names`: the fields that the value is in, the outermost first."""
        kinds = [kind for name in names if (kind := kind_of_field(name))]
        return self._secret_value(kinds[0], value) if kinds else self.value(value)

    def header(self, name: str, text: str) -> str:
        """The value of a header without secrets. `name` is in lower case."""
        kind = self._names.headers.get(name)
        return self._replacement(kind, text) if kind else self._cached_text(text)

    def body(self, body: bytes) -> Any:
        """A body without secrets, as JSON if it is JSON, else as text. None if it is empty."""
        try:
            return self.value(parse(body)) if body else None
        except MalformedJsonError:
            return self.text(body.decode("utf-8", "backslashreplace"))

    def exchange(self, exchange: Exchange) -> dict[str, Any]:
        """The exchange without secrets, as JSON for the journal of the control plane."""
        return finish(self.exchange_in_steps(exchange))

    def exchange_in_steps(self, exchange: Exchange) -> Steps[dict[str, Any]]:
        """Does the work of `exchange` in short steps: a step never takes more than one object of a body."""
        return (yield from self._with_keys_of(exchange)._exchange_in_steps(exchange))

    def line(self, exchange: Exchange) -> str:
        """The exchange in one line: its number, time, request and status, and the reason of a refusal."""
        return self._with_keys_of(exchange)._line(exchange)

    def _exchange_in_steps(self, exchange: Exchange) -> Steps[dict[str, Any]]:
        request = yield from self._message_in_steps(exchange.request_headers, exchange.request_body)
        answer = yield from self._message_in_steps(exchange.answer_headers, exchange.answer_body)
        return {
            "number": exchange.number,
            "time": time_text(exchange.began),
            "seconds": max(0.0, round(exchange.ended - exchange.began, 6)),
            "operation": exchange.operation,
            "server": exchange.server,
            "method": exchange.method,
            "path": self.text(exchange.path),
            "query": self.text(exchange.query),
            "request": request,
            "status": exchange.status,
            "answer": answer,
            "why": self.text(exchange.why),
        }

    def _line(self, exchange: Exchange) -> str:
        query = f"?{exchange.query}" if exchange.query else ""
        request = self.text(f"{exchange.method} {exchange.path}{query}")
        status = phrase("no answer") if exchange.status is None else str(exchange.status)
        why = (": ", self.text(exchange.why)) if exchange.why else ()
        line = f"#{exchange.number} {time_text(exchange.began)} {request} -> "
        return joined("", (line, status, *why))

    def _field_value(self, name: str, value: Any) -> Any:
        kind = self._names.fields.get(name.lower())
        return self._secret_value(kind, value) if kind else self.value(value)

    def _secret_value(self, kind: str, value: Any) -> Any:
        """Replaces every text and number in the value of a secret field."""
        if isinstance(value, dict):
            return {
                self._cached_text(name): self._secret_value(kind, member) for name, member in value.items()
            }
        if isinstance(value, list):
            return [self._secret_value(kind, member) for member in value]
        if value is None or isinstance(value, bool):
            return value
        return self._replacement(kind, value) if isinstance(value, str) else self._number(kind, value)

    def _number(self, kind: str, number: int | float) -> Any:
        return self._replacement(kind, str(number))

    def _with_patterns(self, patterns: Iterable[_SecretPattern]) -> Mask:
        mask = copy(self)
        mask._patterns = (*self._patterns, *patterns)
        mask._reset_caches()
        return mask

    def _reset_caches(self) -> None:
        self._text_cache = lru_cache(maxsize=_CACHE_SIZE)(self.text)
        self._with_secrets_cache = lru_cache(maxsize=64)(self.with_secrets)

    def _with_keys_of(self, exchange: Exchange) -> Mask:
        """The mask that also knows the API keys in the request's headers, whether they are valid or not."""
        unknown = tuple(key for key in keys_of(exchange) if not self._knows(key[1]))
        return self._with_secrets_cache(unknown) if unknown and _may_show(exchange, unknown) else self

    def _knows(self, secret: str) -> bool:
        return any(secret in pattern.known for pattern in self._patterns)

    def _cached_text(self, text: str) -> str:
        # Names and ids are often repeated, so the results for short texts are cached.
        if isinstance(text, Phrase):
            return self.text(text)
        return self._text_cache(text) if len(text) <= _LONGEST_CACHED_TEXT else self.text(text)

    def _masked_decoding(self, masked: str, decoded: str) -> str:
        """The decoded text without secrets. If it contains no secret: `masked`, which is not decoded."""
        masked_again = self._mask_one_layer(decoded)
        return masked if masked_again == decoded else masked_again

    def _mask_one_layer(self, text: str) -> str:
        """Replaces the secrets in a text: plain secrets, and secrets that are encoded once."""
        if '"' in text or "'" in text:
            text = self._names.field_in_text.sub(partial(self._replace_field, escapes=1), text)
            text = self._names.field_in_escaped_text.sub(partial(self._replace_field, escapes=2), text)
        for pattern in self._patterns:
            text = pattern.replaced(text, self._replacement)
        if "=" in text:
            text = self._names.field_in_query.sub(self._replace_pair, text)
        if ":" in text:
            text = self._names.header_in_text.sub(self._replace_pair, text)
        if "@" in text or "%40" in text:
            text = _EMAIL.sub(lambda match: self._replacement("email", unquote(match[0])), text)
        return text

    def _replace_field(self, match: re.Match[str], *, escapes: int) -> str:
        if _PLACEHOLDER.fullmatch(match[5]):
            return match[0]
        kind = self._names.fields[match[3].lower()]
        return match[1] + self._replacement(kind, _unescaped(match[5], escapes))

    def _replace_pair(self, match: re.Match[str]) -> str:
        return match[1] + self._replacement(self._names.fields[match[2].lower()], unquote(match[3]))

    def _message_in_steps(self, headers: Headers, body: bytes) -> Steps[dict[str, Any]]:
        is_plain = not is_encoded(headers)
        return {
            "headers": [[self._cached_text(name), self.header(name, text)] for name, text in headers],
            "body": (yield from self._body_in_steps(body)) if is_plain else _note_of_encoded_body(body),
        }

    def _body_in_steps(self, body: bytes) -> Steps[Any]:
        if len(body) <= _LONGEST_SHORT_BODY:
            return self.body(body)
        try:
            value = parse(body)
        except MalformedJsonError:
            return self.body(body)
        yield
        return (yield from self._value_in_steps(value))

    def _value_in_steps(self, value: Any) -> Steps[Any]:
        """Does the work of `value`. Each small part of the value is a step."""
        if _is_small(value):
            yield
            return self.value(value)
        if isinstance(value, list):
            return (yield from self._list_in_steps(value))
        masked: dict[str, Any] = {}
        for name, member in value.items():
            masked[self._cached_text(name)] = yield from self._field_in_steps(name, member)
        return masked

    def _list_in_steps(self, members: list[Any]) -> Steps[list[Any]]:
        masked: list[Any] = []
        for member in members:
            masked.append((yield from self._value_in_steps(member)))
        return masked

    def _field_in_steps(self, name: str, value: Any) -> Steps[Any]:
        kind = self._names.fields.get(name.lower())
        return self._secret_value(kind, value) if kind else (yield from self._value_in_steps(value))

    def _replacement(self, kind: str, secret: str) -> str:
        if _PLACEHOLDER.fullmatch(secret):  # a mask has replaced the secret already
            return secret
        digest = blake2b(secret.encode("utf-8", "surrogatepass"), key=self._salt, digest_size=4)
        return f"<{kind} {digest.hexdigest()}>"


def secrets_in(value: Any) -> Iterator[Secret]:
    """The texts in the secret fields of a JSON value, at any depth."""
    if isinstance(value, list):
        for member in value:
            yield from secrets_in(member)
    elif isinstance(value, dict):
        for name, member in value.items():
            kind = kind_of_field(name)
            if kind and isinstance(member, str):
                yield kind, member
            else:
                yield from secrets_in(member)


def kind_of_field(name: str) -> str | None:
    """The kind of secret in fields with this name. None if the field is not a secret one."""
    return secret_names().fields.get(name.lower())


def is_secret_header(name: str) -> bool:
    """True if the whole value of a header is secret. `name` is in lower case."""
    return name in secret_names().headers


def may_show_a_secret(text: str) -> bool:
    """True if a text may have an e-mail address, a secret field or header, or base64 of one of these."""
    folded = text.casefold()
    return (
        "@" in text
        or (any(sign in text for sign in "\"'=") and any(name in folded for name in secret_names().fields))
        or (":" in text and any(header in folded for header in secret_names().headers_in_text))
        or (folded != text and bool(_TWO_CAPITALS.search(text)))
    )


def keys_of(exchange: Exchange) -> Iterator[Secret]:
    """The API keys in the headers of a request, valid or not. Keys below 6 characters are left out."""
    return keys_in(exchange.request_headers)


def keys_in(headers: Headers) -> Iterator[Secret]:
    """The API keys in headers, valid or not. Keys below 6 characters are left out."""
    for name, text in headers:
        if secret_names().headers.get(name) == "key":
            yield from (("key", key) for key in {text, text.rpartition(" ")[2]} if len(key) >= _SHORTEST_KEY)


def _may_show(exchange: Exchange, secrets: Iterable[Secret]) -> bool:
    """Whether a secret may be in a part of an exchange that is not secret as a whole, in any form.

    To search for the forms of a secret is much faster than to make a pattern for them.
    """
    headers = (*exchange.request_headers, *exchange.answer_headers)
    texts = [text for name, text in headers if not is_secret_header(name)]
    bodies = [body.decode("utf-8", "replace") for body in (exchange.request_body, exchange.answer_body)]
    joined = "\n".join([exchange.path, exchange.query, exchange.why, *texts, *bodies]).casefold()
    return (
        may_be_encoded(joined)
        or not joined.isascii()
        or any(form in joined for secret in secrets for form in _folded_forms(secret[1]))
    )


@lru_cache(maxsize=_CACHE_SIZE)
def _folded_forms(secret: str) -> tuple[str, ...]:
    makers = (encoded_forms, base64_forms, base64_fragments, hex_forms)
    texts = {secret, secret.upper(), secret.lower()}
    return tuple({form.casefold() for forms_of in makers for text in texts for form in forms_of(text)})


@dataclass(frozen=True, slots=True)
class _SecretPattern:
    """Finds all forms of some secrets in a text, in upper and lower case.

    known: the secrets with their own letters. A text with exactly these letters is replaced as this secret.
    folded_regex: matches the forms in a text that `in_one_case` has changed.
    folded: the secret of each of these forms.
    base64_regex: matches the base64 forms. In base64, upper and lower case are different.
    in_base64: the secret of each base64 form.
    """

    known: Mapping[str, Secret]
    folded_regex: re.Pattern[str]
    folded: Mapping[str, Secret]
    base64_regex: re.Pattern[str]
    in_base64: Mapping[str, Secret]

    def replaced(self, text: str, replacement: Callable[[str, str], str]) -> str:
        """The text with a replacement for each secret.

        replacement: makes the replacement from the kind and the text of the secret.
        """
        parts: list[str] = []
        end = 0
        for match in self.folded_regex.finditer(in_one_case(text)):
            if _is_inside_uuid(match, text):
                continue
            found = text[match.start() : match.end()]
            secret = self.known.get(found) or self.folded[match[0]]
            parts += text[end : match.start()], replacement(*secret)
            end = match.end()
        text = "".join((*parts, text[end:])) if parts else text
        if not self.base64_regex.search(text):
            return text
        return self.base64_regex.sub(lambda match: replacement(*self.in_base64[match[0]]), text)


def _secret_patterns(secrets: Iterable[Secret]) -> Iterator[_SecretPattern]:
    """Yields one pattern for all the secrets, or nothing if there are none.

    The pattern finds long forms anywhere in a text. It finds short forms and e-mail addresses only as whole
    words.
    """
    known = [secret for secret in dict.fromkeys(secrets) if not is_common(secret[1].strip())]
    if not known:
        return
    plain = {in_one_case(form): secret for secret in known for form in encoded_forms(secret[1])}
    in_hex = {in_one_case(form): secret for secret in known for form in _in_any_case(hex_forms, secret)}
    fragments = {form: secret for secret in known for form in _in_any_case(base64_fragments, secret)}
    whole = {form: secret for secret in known for form in _in_any_case(base64_forms, secret)}
    addresses = [form for form, (kind, _) in plain.items() if kind == "email"]
    others = [form for form, (kind, _) in plain.items() if kind != "email"]
    long = [form for form in others if len(form) >= _LONG]
    short = [form for form in others if len(form) < _LONG]
    yield _SecretPattern(
        {secret[1]: secret for secret in known},
        _regex(
            *_branch(addresses, _ADDRESS_BEGINS, r"(?![\w-]|\.\w)"),
            *_branch([*long, *(form for form in in_hex if len(form) >= _LONG_HEX)]),
            *_branch(short, _WORD_BEGINS, _WORD_ENDS),
            *_branch([form for form in in_hex if len(form) < _LONG_HEX], _HEX_BEGINS, _HEX_ENDS),
        ),
        {**in_hex, **plain},
        _regex(*_branch(whole, _WORD_BEGINS, _WORD_ENDS), *_branch(fragments)),
        {**fragments, **whole},
    )


def _is_inside_uuid(match: re.Match[str], text: str) -> bool:
    """True if a match is only a part of a UUID. The digits of a UUID are random, so this is no secret."""
    begin, end = match.span()
    if end - begin >= _UUID_LENGTH or not _IN_UUID.fullmatch(text, begin, end):
        return False
    nearby = _UUID.finditer(text, max(0, end - _UUID_LENGTH), begin + _UUID_LENGTH)
    return any(uuid.start() <= begin and end <= uuid.end() for uuid in nearby)


def _in_any_case(forms_of: Callable[[str], set[str]], secret: Secret) -> set[str]:
    """Forms of a secret, and if it is a key, also of the key in upper case and in lower case."""
    kind, text = secret
    return forms_of(text).union(*map(forms_of, {text.upper(), text.lower()} if kind == "key" else ()))


def _regex(*branches: str) -> re.Pattern[str]:
    """A pattern that matches one of the branches. Without branches it matches nothing."""
    return re.compile("|".join(branches) if branches else "(?!)")


def _is_small(value: Any) -> bool:
    if not isinstance(value, dict | list):
        return True
    members: Collection[Any] = value.values() if isinstance(value, dict) else value
    return len(value) <= _MAX_SMALL and not any(isinstance(member, dict | list) for member in members)


def _branch(forms: Collection[str], begins: str = "", ends: str = "") -> Iterator[str]:
    if forms:
        yield begins + regex_of_any(forms) + ends


def _note_of_encoded_body(body: bytes) -> str:
    return f"({len(body)} bytes, encoded)"


def _unescaped(text: str, times: int) -> str:
    try:
        for _ in range(times):
            text = str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        pass
    return text
