"""Pseudonyms: replaces secrets by invented words of the same shape.

Recorded exchanges with pseudonyms can be given to other people, and they can still be replayed.
"""

from __future__ import annotations

import re
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from base64 import b64encode as plain_b64encode
from binascii import Error as NotBase64Error
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from zlib import crc32

from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.formats.strict_json import MalformedJsonError, parse, render
from workerkit.openapi.formats.timestamp import TIME_PATTERN
from workerkit.openapi.masking.mask import Mask, Secret, keys_of, secrets_in

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
# Maps each byte to one of the 32 letters.
_LETTER_OF_BYTE = (_LETTERS * 8).encode()
_HOST = "@capsule.example"
# A secret with fewer characters than _SHORT is a short one, with _LONG or more a long one.
_SHORT, _LONG = 12, 32
_CHECK_LETTERS = tuple((one + other).encode() for one in _LETTERS for other in _LETTERS)
# The pseudonym of a number has nine random digits, of which the first is not zero, and six check digits.
_SMALLEST_RANDOM, _CHECKS = 10**8, 10**6
# Bodies are often repeated, so the results for the last ones are cached.
_CACHE_SIZE, _LONGEST_CACHED_BODY = 64, 2**20
_PSEUDONYM = re.compile(rf"(?:mail|key|pass|cookie|k|p)-([{_LETTERS}]{{9,}})(?:{re.escape(_HOST)})?")
# The beginnings of the pseudonyms of short secrets and of longer ones.
_PREFIXES = {"key": ("k-", "key-"), "password": ("p-", "pass-"), "cookie": ("cookie-", "cookie-")}
# A run: letters that may be base64.
_RUN = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_UUID_LENGTH, _DASHES, _HEX_DIGITS = 36, (8, 13, 18, 23), b"0123456789abcdefABCDEF"
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Pseudonyms(Mask):
    """A mask that replaces each secret by a pseudonym of the same shape.

    An e-mail address becomes an e-mail address. A key becomes `key-` and letters. A password becomes `pass-`
    and letters. A secret below 12 characters gets a short pseudonym. A secret of 32 characters or more gets a
    long one. Inside base64 the pseudonym is written in base64. A number in a secret field becomes another
    number of the same type.

    keep: words that stay as they are, in upper and lower case, even if they are secrets.

    Equal secrets get equal pseudonyms, and different secrets get different ones. A pseudonym has a checksum.
    So every `Pseudonyms` object recognizes it and leaves it as it is.
    """

    def __init__(self, known: Iterable[Secret] = (), *, salt: bytes, keep: Iterable[str] = ()) -> None:
        self._keep = frozenset(map(str.lower, keep))
        super().__init__((secret for secret in known if secret[1].lower() not in self._keep), salt=salt)
        self._keyed_hash = blake2b(key=self._salt)

    def _reset_caches(self) -> None:
        super()._reset_caches()
        self._body_cache = lru_cache(maxsize=_CACHE_SIZE)(self._body_bytes)

    def hides(self, word: str) -> bool:
        """False for a word that stays as it is: a pseudonym, or a word to keep."""
        return not self._is_pseudonym(word) and word.lower() not in self._keep

    def without_secrets(self, exchange: Exchange) -> Exchange:
        """The exchange with pseudonyms in place of all secrets."""
        return replace(
            exchange,
            path=self.text(exchange.path),
            query=self.text(exchange.query),
            request_headers=self._headers(exchange.request_headers),
            request_body=self.body_bytes(exchange.request_body),
            answer_headers=self._headers(exchange.answer_headers),
            answer_body=self.body_bytes(exchange.answer_body),
            why=self.text(exchange.why),
        )

    def body_bytes(self, body: bytes) -> bytes:
        """A body with pseudonyms. If it is JSON, all secret fields are replaced. Else it is read as text."""
        if not body:
            return body
        return self._body_cache(body) if len(body) <= _LONGEST_CACHED_BODY else self._body_bytes(body)

    def _body_bytes(self, body: bytes) -> bytes:
        try:
            value = parse(body)
        except MalformedJsonError:
            return self.text(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        replaced = self.value(value)
        return body if replaced == value else render(replaced)

    def text(self, text: str) -> str:
        """The text with pseudonyms. A time stays as it is, even if a password is "2025"."""
        return text if TIME_PATTERN.fullmatch(text) else super().text(text)

    def field_value(self, kind: str, value: Any) -> Any:
        """The value of a secret field with pseudonyms. `kind` is the kind of secret."""
        return self._replacement(kind, value) if type(value) is str else self._secret_value(kind, value)

    def header(self, name: str, text: str) -> str:
        """The value of a header with pseudonyms. The scheme of `authorization` stays as it is."""
        scheme, space, rest = text.partition(" ")
        if name == "authorization" and space:
            return f"{scheme} {super().header(name, rest)}"
        return super().header(name, text)

    def _headers(self, headers: Headers) -> Headers:
        return tuple((name, self.header(name, text)) for name, text in headers)

    def _mask_one_layer(self, text: str) -> str:
        return super()._mask_one_layer(_RUN.sub(self._replace_run, text))

    def _replace_run(self, match: re.Match[str]) -> str:
        """Replaces the secrets in a run of letters if the run is base64 of a text with secrets."""
        run = match[0]
        if _UUID.fullmatch(run) or self._is_pseudonym(run):
            return run
        for skipped in range(4):
            for decoded, url_safe in _decoded_run(run[skipped:]):
                replaced = super()._mask_one_layer(decoded)
                if replaced != decoded:
                    return run[:skipped] + _encoded(replaced, like=run[skipped:], url_safe=url_safe)
        return run

    def _replacement(self, kind: str, secret: str) -> str:
        if not secret.strip() or self._is_pseudonym(secret) or secret.lower() in self._keep:
            return secret
        if kind == "email" and "@" in secret:
            return f"mail-{self._letters(secret, 15)}{_HOST}"
        short_prefix, prefix = _PREFIXES.get(kind, _PREFIXES["password"])
        if len(secret) < _SHORT:
            return short_prefix + self._letters(secret, 9)
        return prefix + self._letters(secret, 15 if len(secret) < _LONG else 36)

    def _number(self, kind: str, number: int | float) -> int | float:
        """A number of 15 digits, which fits exactly into a double. Equal numbers get equal pseudonyms."""
        if _is_pseudonym_number(number):
            return number
        normalized = int(number) if number == int(number) else number
        digest = blake2b(f"{normalized}".encode(), key=self._salt).digest()
        random_digits = _SMALLEST_RANDOM + int.from_bytes(digest[:8]) % (9 * _SMALLEST_RANDOM)
        return type(number)(random_digits * _CHECKS + _check_number(random_digits))

    def _letters(self, secret: str, length: int) -> str:
        """Letters that depend on the secret and the salt. The last two are the checksum of the others."""
        keyed_hash = self._keyed_hash.copy()
        keyed_hash.update(secret.encode("utf-8", "surrogatepass"))
        letters = keyed_hash.digest()[: length - 2].translate(_LETTER_OF_BYTE)
        return (letters + _check_letters(letters)).decode()

    def _is_pseudonym(self, word: str) -> bool:
        match = _PSEUDONYM.fullmatch(word)
        return match is not None and _check_letters(match[1][:-2].encode()) == match[1][-2:].encode()


def secrets_of(exchange: Exchange) -> Iterator[Secret]:
    """The secrets in the secret headers and fields of an exchange."""
    yield from keys_of(exchange)
    for value in (exchange.request_json(), exchange.answer_json()):
        yield from secrets_in(value)


def base64_texts(text: str) -> Iterator[str]:
    """The texts that are in a text as base64."""
    for match in _RUN.finditer(text):
        for skipped in range(4):
            yield from (decoded for decoded, _ in _decoded_run(match[0][skipped:]))


def is_uuid(text: str) -> bool:
    """True if a text is a UUID. A UUID never contains a secret."""
    return _UUID.fullmatch(text) is not None


def are_all_uuids(values: Sequence[Any]) -> bool:
    """True if all values are UUIDs as text. It is fast for many values."""
    if not values or type(values[0]) is not str or not is_uuid(values[0]):
        return False
    if set(map(type, values)) != {str} or set(map(len, values)) != {_UUID_LENGTH}:
        return False
    together = "".join(values)
    dashes = "-" * len(values)
    return (
        together.isascii()
        and together.encode().translate(None, _HEX_DIGITS) == 4 * dashes.encode()
        and all(together[index::_UUID_LENGTH] == dashes for index in _DASHES)
    )


def _is_pseudonym_number(number: int | float) -> bool:
    random_digits, check_digits = divmod(number, _CHECKS)
    is_in_range = _SMALLEST_RANDOM <= random_digits < 10 * _SMALLEST_RANDOM
    return is_in_range and check_digits == _check_number(int(random_digits))


def _check_number(random_digits: int) -> int:
    return int.from_bytes(blake2b(f"{random_digits}".encode(), person=b"capsule").digest()[:8]) % _CHECKS


def _check_letters(letters: bytes) -> bytes:
    return _CHECK_LETTERS[crc32(letters) % len(_CHECK_LETTERS)]


def _decoded_run(run: str) -> Iterator[tuple[str, bool]]:
    """Decodes a run in both base64 alphabets. Yields the text, and True for the alphabet of URLs."""
    unpadded = run.rstrip("=")
    complete = unpadded[: len(unpadded) - (len(unpadded) % 4 == 1)]
    padded = complete + "=" * (-len(complete) % 4)
    for url_safe in (False, True):
        try:
            decoded = urlsafe_b64decode(padded) if url_safe else b64decode(padded, validate=True)
            yield decoded.decode(), url_safe
        except (NotBase64Error, ValueError):
            continue


def _encoded(text: str, *, like: str, url_safe: bool) -> str:
    padded = (urlsafe_b64encode if url_safe else plain_b64encode)(text.encode()).decode()
    return padded if like.endswith("=") or len(like) % 4 == 0 else padded.rstrip("=")
