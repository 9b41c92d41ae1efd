"""Secrets replaced by words of the same shape: traffic that can be shown to others and still be replayed."""

from __future__ import annotations

import re
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from base64 import b64encode as plain_b64encode
from binascii import Error as NoBase64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any
from zlib import crc32

from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.formats.strict_json import MalformedJsonError, parse, render
from workerkit.openapi.formats.timestamp import WRITTEN_TIME
from workerkit.openapi.masking.mask import Mask, Secret, keys_of, secrets_in
from workerkit.openapi.spec.document import bundled
from workerkit.openapi.spec.silence import silences

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_LETTER_OF = (_LETTERS * 8).encode()
_HOST = "@capsule.example"
_SHORT, _LONG = 12, 32
_PAIRS = tuple((one + other).encode() for one in _LETTERS for other in _LETTERS)
# A number has nine digits, the first no zero, and six that check them.
_LEAST_DRAWN, _CHECKS = 10**8, 10**6
# Clients ask the same again and again, and get the same.
_MOST_BODIES, _LONGEST_KEPT = 64, 2**20
_OWN = re.compile(rf"(?:mail|key|pass|cookie|k|p)-([{_LETTERS}]{{9,}})(?:{re.escape(_HOST)})?")
_WORDS = {"key": ("k-", "key-"), "password": ("p-", "pass-"), "cookie": ("cookie-", "cookie-")}
_RUN = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_UUID_LENGTH, _DASHES, _HEX_DIGITS = 36, (8, 13, 18, 23), b"0123456789abcdefABCDEF"
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# Signs alone, such as a dash, stand everywhere.
_FEWEST_SIGNS = 4
# Words of pseudonyms themselves: whoever takes one for a password has no secret.
_NO_SECRETS = frozenset({"capsule", "example", "mail", "key", "pass", "cookie", "capsule.example"})


class Pseudonyms(Mask):
    """A mask whose secrets become words of their shape and class of length.

    An e-mail address stays one, a key is `key-` and letters, a password `pass-` and letters; short ones
    (below 12 characters) stay short, long ones (from 32) long. The same secret is the same word wherever it
    stands, different secrets are different words; within base64 the word is written in base64. A number in
    the field of a secret becomes another number of its type, also the same for the same. A pseudonym
    has a check sum in it by which it is known again: it is not changed, by whichever `Pseudonyms`. Words of
    the API itself, such as `pending`, are replaced only in a field that holds secrets, such as `password`.
    """

    def __init__(self, known: Iterable[Secret] = (), *, salt: bytes) -> None:
        super().__init__(worth_knowing(known), salt=salt)
        self._keyed = blake2b(key=self._salt)

    def _remember(self) -> None:
        super()._remember()
        self._kept = lru_cache(maxsize=_MOST_BODIES)(self._data)

    def knowing(self, more: Iterable[Secret]) -> Mask:
        return super().knowing(worth_knowing(more))

    def learned(self, exchange: Exchange) -> Pseudonyms:
        """These, but they know the keys, passwords and addresses that an exchange shows in its fields."""
        news = [secret for secret in secrets_of(exchange) if not self._knows(secret[1])]
        known = self.knowing(dict.fromkeys(news)) if news else self
        assert isinstance(known, Pseudonyms)
        return known

    def disguised(self, exchange: Exchange) -> Exchange:
        """The exchange with pseudonyms for all secrets, its bodies' JSON rendered anew."""
        return replace(
            exchange,
            path=self.text(exchange.path),
            query=self.text(exchange.query),
            request_headers=self._headers(exchange.request_headers),
            request_body=self.data(exchange.request_body),
            answer_headers=self._headers(exchange.answer_headers),
            answer_body=self.data(exchange.answer_body),
            why=self.text(exchange.why),
        )

    def data(self, data: bytes) -> bytes:
        """A body without secrets: JSON by its fields, all else as text, whatever bytes are in it."""
        return (self._kept if len(data) <= _LONGEST_KEPT else self._data)(data) if data else data

    def _data(self, data: bytes) -> bytes:
        try:
            value = parse(data)
        except MalformedJsonError:
            return self.text(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        hidden = self.value(value)
        return data if hidden == value else render(hidden)

    def text(self, text: str) -> str:
        # A password "2025" stands in no time, as none stands in an id.
        return text if WRITTEN_TIME.fullmatch(text) else super().text(text)

    def hidden(self, kind: str, value: Any) -> Any:
        """What stands in the field of a secret of a kind, without secrets."""
        return self._mask(kind, value) if type(value) is str else self._hidden(kind, value)

    def header(self, name: str, text: str) -> str:
        scheme, space, rest = text.partition(" ")
        if name == "authorization" and space:
            return f"{scheme} {super().header(name, rest)}"
        return super().header(name, text)

    def _headers(self, headers: Headers) -> Headers:
        return tuple((name, self.header(name, text)) for name, text in headers)

    def _plain(self, text: str) -> str:
        return super()._plain(_RUN.sub(self._run, text))

    def _run(self, found: re.Match[str]) -> str:
        """A run of letters with pseudonyms in it, where it is base64 of a text with secrets."""
        run = found[0]
        if _UUID.fullmatch(run) or self._own(run):
            return run
        for skipped in range(4):
            for bare, url_safe in _decoded(run[skipped:]):
                hidden = super()._plain(bare)
                if hidden != bare:
                    return run[:skipped] + _encoded(hidden, like=run[skipped:], url_safe=url_safe)
        return run

    def _mask(self, kind: str, secret: str) -> str:
        if not secret.strip() or self._own(secret):
            return secret
        if kind == "email" and "@" in secret:
            return f"mail-{self._word(secret, 15)}{_HOST}"
        short, other = _WORDS.get(kind, _WORDS["password"])
        if len(secret) < _SHORT:
            return short + self._word(secret, 9)
        return other + self._word(secret, 15 if len(secret) < _LONG else 36)

    def _number(self, kind: str, number: int | float) -> int | float:
        """Another number, the same for equal ones; every double holds it, as it has 15 digits."""
        if _own_number(number):
            return number
        alike = int(number) if number == int(number) else number
        digest = blake2b(f"{alike}".encode(), key=self._salt).digest()
        drawn = _LEAST_DRAWN + int.from_bytes(digest[:8]) % (9 * _LEAST_DRAWN)
        return type(number)(drawn * _CHECKS + _check_number(drawn))

    def _word(self, secret: str, length: int) -> str:
        keyed = self._keyed.copy()
        keyed.update(secret.encode("utf-8", "surrogatepass"))
        body = keyed.digest()[: length - 2].translate(_LETTER_OF)
        return (body + _check(body)).decode()

    def _own(self, word: str) -> bool:
        """Whether a word is a pseudonym: made by this class, if not by this one."""
        found = _OWN.fullmatch(word)
        return found is not None and _check(found[1][:-2].encode()) == found[1][-2:].encode()


def secrets_of(exchange: Exchange) -> Iterator[Secret]:
    """The secrets that an exchange shows by the names of headers and fields."""
    yield from keys_of(exchange)
    for value in (exchange.sent(), exchange.answered()):
        yield from secrets_in(value)


def said_in_base64(text: str) -> Iterator[str]:
    """What the runs of letters in a text say, where they are read as base64."""
    for found in _RUN.finditer(text):
        for skipped in range(4):
            yield from (bare for bare, _ in _decoded(found[0][skipped:]))


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID: nothing is hidden in one."""
    return _UUID.fullmatch(text) is not None


def are_uuids(values: Sequence[Any]) -> bool:
    """Whether all values are texts and UUIDs, of which there may be many."""
    if not values or type(values[0]) is not str or not is_uuid(values[0]):
        return False
    if set(map(type, values)) != {str} or set(map(len, values)) != {_UUID_LENGTH}:
        return False
    together = "".join(values)
    dashes = "-" * len(values)
    return (
        together.isascii()
        and together.encode().translate(None, _HEX_DIGITS) == 4 * dashes.encode()
        and all(together[place::_UUID_LENGTH] == dashes for place in _DASHES)
    )


def worth_knowing(secrets: Iterable[Secret]) -> Iterator[Secret]:
    """Those that are no words of the APIs, nor of pseudonyms, nor a few signs."""
    words = words_of_the_apis()
    return (
        secret
        for secret in secrets
        if secret[1] not in words
        and secret[1].lower() not in _NO_SECRETS
        and (len(secret[1]) >= _FEWEST_SIGNS or any(map(str.isalnum, secret[1])))
    )


@cache
def words_of_the_apis() -> frozenset[str]:
    """The names and values that the specs and the silences give, which have to stay what they are."""
    specs = (bundled(name).root for name in ("worker-api.yaml", "control-api.yaml"))
    chosen = (word for silence in silences().values() for word in (silence.id, *silence.values))
    return frozenset([*(word for spec in specs for word in _words_in(spec)), *chosen])


def _words_in(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _words_in(each)
    elif isinstance(value, dict):
        yield from value.get("properties", ())
        yield from (each for each in value.get("enum", ()) if isinstance(each, str))
        for each in value.values():
            yield from _words_in(each)


def _own_number(number: int | float) -> bool:
    drawn, check = divmod(number, _CHECKS)
    return _LEAST_DRAWN <= drawn < 10 * _LEAST_DRAWN and check == _check_number(int(drawn))


def _check_number(drawn: int) -> int:
    return int.from_bytes(blake2b(f"{drawn}".encode(), person=b"capsule").digest()[:8]) % _CHECKS


def _check(body: bytes) -> bytes:
    return _PAIRS[crc32(body) % len(_PAIRS)]


def _decoded(run: str) -> Iterator[tuple[str, bool]]:
    """The texts whose base64 a run may be, and whether in the alphabet for URLs."""
    bare = run.rstrip("=")
    whole = bare[: len(bare) - (len(bare) % 4 == 1)]
    padded = whole + "=" * (-len(whole) % 4)
    for url_safe in (False, True):
        try:
            read = urlsafe_b64decode(padded) if url_safe else b64decode(padded, validate=True)
            yield read.decode(), url_safe
        except (NoBase64, ValueError):
            continue


def _encoded(text: str, *, like: str, url_safe: bool) -> str:
    whole = (urlsafe_b64encode if url_safe else plain_b64encode)(text.encode()).decode()
    return whole if like.endswith("=") or len(like) % 4 == 0 else whole.rstrip("=")
