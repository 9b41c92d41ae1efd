"""Many secrets, and which of them may stand in a text: found by pieces of them, not one after the other."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from functools import lru_cache
from struct import Struct
from urllib.parse import quote

from workerkit.openapi.masking import Secret
from workerkit.openapi.pseudonyms import said_in_base64
from workerkit.openapi.spelling import alone_in_base64, decoded, in_base64, written

# Of a text every third piece is looked at: of a form as many pieces side by side are known.
_PIECE, _STEP, _AT_ONCE = 6, 3, 512
_LONG = _PIECE + _STEP - 1
_WORD = re.compile(rb"\w+")
# Eight characters or more that are written the same in URLs and in JSON.
_SAME_EVERYWHERE = re.compile(rf"[\w.~-]{{{_LONG},}}", re.ASCII)
_SAME_IN_JSON = re.compile(r'[^"\\\x00-\x1f\x7f-\U0010ffff]*')
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_OF_AN_ID = re.compile("[0-9a-fA-F-]+")
_PASS = "surrogatepass"
# Tuples of texts are nothing that the collector of garbage looks through again and again.
Forms = dict[bytes, tuple[tuple[bytes, Secret], ...]]


class Known:
    """Secrets that become more, and a quick first look at texts for them.

    To look at a text takes as long for ten thousand secrets as for one, and to add one takes microseconds.
    `look_like_ids` is true once one of them may be a part of a UUID.
    """

    def __init__(self) -> None:
        self._secrets: dict[Secret, None] = {}
        self._long: Forms = {}
        self._short: Forms = {}
        self._words: Forms = {}
        self._decodable: set[Secret] = set()
        self.look_like_ids = False

    def __contains__(self, secret: Secret) -> bool:
        return secret in self._secrets

    def add(self, secret: Secret) -> None:
        """Knows one more."""
        text = secret[1]
        self._secrets[secret] = None
        self.look_like_ids = self.look_like_ids or bool(_OF_AN_ID.fullmatch(text))
        if not is_written_plainly(text):
            self._decodable.add(secret)
        if len(text) < _LONG:
            for form in {text, *in_base64(text), *alone_in_base64(text)}:
                self._keep_short(form.encode("utf-8", _PASS), secret)
        else:
            for each in _parts_of_all_forms(text):
                self._keep_long(each, secret)

    def within(self, text: str) -> frozenset[Secret]:
        """All secrets that stand in a text, in whatever encoding; some that do not may be among them."""
        found = self.standing_in(text)
        if not is_written_plainly(text):
            found |= self._decodable
            for spaced in {text, text.replace("+", " ")}:
                for bare in (spaced, *decoded(spaced)):
                    found |= self.standing_in(bare)
        return frozenset(found)

    def standing_in(self, text: str) -> set[Secret]:
        """As `within`, for what is written plainly."""
        data = text.encode("utf-8", _PASS)
        found = _found(self._long, data, _STEP)
        if self._short or self._words:
            found |= self._short_in(data)
            found |= self._short_in("\n".join(said_in_base64(text)).encode("utf-8", _PASS))
        return found

    def _short_in(self, data: bytes) -> set[Secret]:
        found = _found(self._short, data, 1)
        if self._words:
            for word in self._words.keys() & {b"", *_WORD.findall(data)}:
                found |= {secret for form, secret in self._words[word] if form in data}
        return found

    def _keep_short(self, form: bytes, secret: Secret) -> None:
        if len(form) >= _PIECE:
            self._short[form[:_PIECE]] = (*self._short.get(form[:_PIECE], ()), (form, secret))
        else:
            # One that is longer in other spellings is found inside words, too.
            word = form if _WORD.fullmatch(form) else b""
            self._words[word] = (*self._words.get(word, ()), (form, secret))

    def _keep_long(self, text: bytes, secret: Secret) -> None:
        """Keeps some bytes of a form, which the fewest have in common, and their base64."""
        part = self._rare_part(text)
        self._keep_pieces(part, (secret[1].encode("utf-8", _PASS), secret))
        three = b64encode(part[:6] + part[1:7] + part[2:8])
        for each in {three, three.translate(_URL_SAFE)} if b"+" in three or b"/" in three else (three,):
            for begin in (0, _LONG, 2 * _LONG):
                core = each[begin : begin + _LONG]
                self._keep_pieces(core, (core, secret))

    def _rare_part(self, text: bytes) -> bytes:
        for begin in (0, (len(text) - _LONG) // 2):
            if text[begin + 1 : begin + 1 + _PIECE] not in self._long:
                return text[begin : begin + _LONG]
        return text[-_LONG:]

    def _keep_pieces(self, part: bytes, entry: tuple[bytes, Secret]) -> None:
        for piece in (part[:6], part[1:7], part[2:8]):
            self._long[piece] = (*self._long.get(piece, ()), entry)


def is_written_plainly(text: str) -> bool:
    """Whether nothing in a text has to be decoded but base64."""
    return not ("%" in text or "\\" in text or "+" in text or "\0" in text)


def _parts_of_all_forms(secret: str) -> set[bytes]:
    """What stands in a secret however it is written, before it is written in base64."""
    if same := _SAME_EVERYWHERE.search(secret):
        return {same[0].encode()}
    if _SAME_IN_JSON.fullmatch(secret):
        return {secret.encode(), quote(secret, safe="").encode()}
    return written(secret)


def _found(forms: Forms, data: bytes, step: int) -> set[Secret]:
    """The secrets of which a form stands in a text, by every piece that begins so far behind another."""
    found: set[Secret] = set()
    for begin in range(0, _PIECE, step):
        for first in range(begin, len(data), _PIECE * _AT_ONCE):
            pieces = _cut(data[first : first + _PIECE * _AT_ONCE])
            if not forms.keys().isdisjoint(pieces):
                found.update(_looked_up(forms, pieces, data, first))
    return found


def _cut(part: bytes) -> tuple[bytes, ...]:
    """Pieces side by side; the last is filled up."""
    count = -(-len(part) // _PIECE)
    return _pieces(count).unpack(part.ljust(count * _PIECE, b"\0"))


@lru_cache(_AT_ONCE)
def _pieces(count: int) -> Struct:
    return Struct(f"{_PIECE}s" * count)


def _looked_up(forms: Forms, pieces: tuple[bytes, ...], data: bytes, first: int) -> Iterator[Secret]:
    suspect = forms.keys() & pieces
    for place in (place for place, piece in enumerate(pieces) if piece in suspect):
        around = first + place * _PIECE
        for form, secret in forms[pieces[place]]:
            if form in data[max(0, around - len(form)) : around + _PIECE + len(form)]:
                yield secret
