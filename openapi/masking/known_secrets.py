"""Many secrets, and which of them may stand in a text: found by pieces of them, not one after the other."""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import a2b_base64
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import lru_cache
from itertools import chain
from struct import Struct
from urllib.parse import quote

from workerkit.openapi.masking.encodings import (
    FEWEST_HEX_DIGITS,
    alone_in_base64,
    decoded,
    in_base64,
    in_hex,
    is_layered,
    written,
)
from workerkit.openapi.masking.mask import Secret
from workerkit.openapi.masking.pseudonyms import said_in_base64

# Of a text every third piece is looked at: of a form as many pieces side by side are known.
_PIECE, _STEP, _AT_ONCE = 6, 3, 512
_LONG = _PIECE + _STEP - 1
# What secrets have in common stands in front, mostly.
_PLACE = 4
_WORD = re.compile(rb"\w+")
# Eight characters or more that are written the same in URLs and in JSON.
_SAME_EVERYWHERE = re.compile(rf"[\w.~-]{{{_LONG},}}", re.ASCII)
_NOT_SAME_EVERYWHERE = re.compile(r"[^\w.~-]", re.ASCII)
_SAME_IN_JSON = re.compile(r'[^"\\\x00-\x1f\x7f-\U0010ffff]*')
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_NOT_URL_SAFE = bytes.maketrans(b"-_", b"+/")
# Base64 of six characters of ASCII, whose high bits are zero, wherever it begins.
_OF_THREE = "[A-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]"
_ASCII_IN_BASE64 = re.compile(f"([A-Za-f])(?=({_OF_THREE[8:]}{_OF_THREE}))".encode())
_CODED, _CODED_AT_ONCE = 8, 2**16
# Three characters of base64 begin with a capital where the first of the three bytes is one of these.
_GIVES_CAPITAL = bytes(byte < 0x68 for byte in range(256))
_DIGITS_OF_IDS = b"0123456789abcdefABCDEF-"
_HEX = re.compile(rb"[0-9a-fA-F]{%d,}" % FEWEST_HEX_DIGITS)
_HEX_AS_NOUGHTS = bytes(48 if chr(byte) in "0123456789abcdefABCDEF" else 32 for byte in range(256))
_RUN_OF_HEX = b"0" * FEWEST_HEX_DIGITS
_PASS = "surrogatepass"
# Tuples of texts are nothing that the collector of garbage looks through again and again.
Form = tuple[bytes, Secret]
Forms = dict[bytes, tuple[Form, ...]]


class SecretIndex:
    """Secrets that become more, and a quick first look at texts for them.

    To look at a text takes as long for ten thousand secrets as for one, and to add one takes microseconds.
    `look_like_ids` is true once one of them may be a part of a UUID.
    """

    def __init__(self) -> None:
        self._secrets: dict[Secret, None] = {}
        self._long: dict[bytes, tuple[Secret, ...]] = {}
        self._coded: Forms = {}
        self._short: Forms = {}
        self._words: Forms = {}
        self._decodable: set[Secret] = set()
        self.look_like_ids = False

    def __len__(self) -> int:
        return len(self._secrets)

    def unknown(self, secrets: Iterable[Secret]) -> list[Secret]:
        """Those that are not known yet, each once."""
        known = self._secrets
        return [secret for secret in dict.fromkeys(secrets) if secret not in known]

    def add(self, news: Sequence[Secret]) -> None:
        """Knows some more, as `unknown` has them."""
        self._secrets.update(dict.fromkeys(news))
        together = "\n".join(text for _, text in news)
        self.look_like_ids = self.look_like_ids or _one_looks_like_an_id(together)
        if not is_written_plainly(together):
            self._decodable.update(each for each in news if not is_written_plainly(each[1]))
        for secret in (each for each in news if len(each[1]) < _LONG):
            text = secret[1]
            for form in {text, *in_base64(text), *alone_in_base64(text), *in_hex(text)}:
                self._keep_short(form.encode("utf-8", _PASS), secret)
        self._keep_long([each for each in news if len(each[1]) >= _LONG])

    def within(self, text: str) -> frozenset[Secret]:
        """All secrets that stand in a text, in whatever encoding; some that do not may be among them."""
        found = self.standing_in(text)
        if not is_written_plainly(text):
            found |= self._decodable
            for spaced in {text, text.replace("+", " ")}:
                for bare in (spaced, *decoded(spaced)):
                    found |= self.standing_in(bare)
        return frozenset(found)

    def standing_in(self, text: str, beginnings: Iterable[str] = ()) -> set[Secret]:
        """As `within`, for what is written plainly.

        Where the text is many in a line each, `beginnings` are those that many of them have: they are looked
        at once.
        """
        data = text.encode("utf-8", _PASS)
        cut = _with_beginnings_cut(data, beginnings)
        found = self._long_in(cut, data) | self._in_base64(cut)
        if said := b"\n".join(_said_in_hex(data)):
            found |= self._long_in(said, said)
        if self._short or self._words:
            found |= self._short_in(data)
            found |= self._short_in("\n".join(said_in_base64(text)).encode("utf-8", _PASS))
        return found

    def _long_in(self, data: bytes, whole: bytes) -> set[Secret]:
        return {
            secret
            for piece, place in _seen(self._long, data, _STEP)
            for secret in self._long[piece]
            if _stands_in_lines(secret[1].encode("utf-8", _PASS), data, place, whole)
        }

    def _in_base64(self, data: bytes) -> set[Secret]:
        found = _found(self._coded, data, _STEP) if self._coded else set()
        if data != data.lower():
            said = self._long.keys() & _said_in_base64(data)
            found.update(chain.from_iterable(map(self._long.__getitem__, said)))
        return found

    def _short_in(self, data: bytes) -> set[Secret]:
        found = _found(self._short, data, 1)
        if self._words:
            for word in self._words.keys() & {b"", *_WORD.findall(data)}:
                found |= {secret for form, secret in self._words[word] if form in data}
        return found

    def _keep_short(self, form: bytes, secret: Secret) -> None:
        if len(form) >= _PIECE:
            _keep(self._short, form[:_PIECE], form, secret)
        else:
            # One that is longer in other spellings is found inside words, too.
            _keep(self._words, form if _WORD.fullmatch(form) else b"", form, secret)

    def _keep_long(self, secrets: list[Secret]) -> None:
        """Keeps eight bytes of each: the same ones of most, as to look for better ones takes longer."""
        parts = [text[_PLACE : _PLACE + _LONG].ljust(_LONG) for _, text in secrets]
        odd = {found.start() // _LONG for found in _NOT_SAME_EVERYWHERE.finditer("".join(parts))}
        kept: list[Form] = []
        others: list[Secret] = []
        for place, (part, secret) in enumerate(zip(parts, secrets, strict=True)):
            form = part.encode("utf-8", _PASS)
            if place in odd or form[1 : 1 + _PIECE] in self._long:
                others.append(secret)
            else:
                kept.append((form, secret))
                self._keep_part(form, secret)
        for form, secret in [(form, each) for each in others for form in _parts_of_all_forms(each[1])]:
            rarest = self._rarest_part(form)
            self._keep_part(rarest, secret)
            kept.append((rarest, secret))
        if not _have_capitals_in_base64([part for part, _ in kept]):
            self._keep_coded(kept)

    def _keep_part(self, part: bytes, secret: Secret) -> None:
        owner = (secret,)
        for piece in (part[:6], part[1:7], part[2:]):
            known = self._long.setdefault(piece, owner)
            if known is not owner:
                self._long[piece] = (*known, secret)

    def _rarest_part(self, form: bytes) -> bytes:
        """Eight bytes of a form that the fewest secrets have in common."""
        middle = (len(form) - _LONG) // 2
        parts = (form[begin : begin + _LONG] for begin in (middle, 0, len(form) - _LONG))
        return min(parts, key=lambda part: len(self._long.get(part[1 : 1 + _PIECE], ())))

    def _keep_coded(self, forms: list[Form]) -> None:
        for part, secret in forms:
            for coded in _without_capitals(part):
                for begin in range(_STEP):
                    _keep(self._coded, coded[begin : begin + _PIECE], coded, secret)


def is_written_plainly(text: str) -> bool:
    """Whether nothing in a text has to be decoded but base64 and hexadecimal digits."""
    return "+" not in text and not is_layered(text)


def _with_beginnings_cut(data: bytes, beginnings: Iterable[str]) -> bytes:
    """The lines without what they have in common, but for what a part of a form may begin in."""
    for each in beginnings:
        beginning = each.encode("utf-8", _PASS)
        data = b"%b\n%b" % (data.replace(b"\n" + beginning, b"\n" + beginning[1 - _LONG :]), beginning)
    return data


def _one_looks_like_an_id(lines: str) -> bool:
    return b"\n\n" in b"\n%b\n" % lines.encode("utf-8", _PASS).translate(None, _DIGITS_OF_IDS)


def _said_in_base64(data: bytes) -> Iterator[bytes]:
    """All that is said by some characters of base64, wherever they begin, and is six bytes of ASCII."""
    for first in range(0, len(data), _CODED_AT_ONCE):
        found = _ASCII_IN_BASE64.findall(data, first, first + _CODED_AT_ONCE + _CODED - 1)
        said = a2b_base64(b"".join(chain.from_iterable(found)).translate(_NOT_URL_SAFE))
        yield from (said[begin : begin + _PIECE] for begin in range(0, len(said), _PIECE))


def _said_in_hex(data: bytes) -> Iterator[bytes]:
    """What runs of hexadecimal digits say, wherever they begin."""
    if _RUN_OF_HEX in data.translate(_HEX_AS_NOUGHTS):
        for run in _HEX.findall(data):
            for digits in (run, run[1:]):
                yield bytes.fromhex(digits[: len(digits) // 2 * 2].decode())


def _have_capitals_in_base64(parts: list[bytes]) -> bool:
    """Whether two groups of three bytes, wherever they begin in a part, surely have one in their base64.

    Parts that are no ASCII are not counted on.
    """
    together = b"".join(parts)
    flags = together.translate(_GIVES_CAPITAL)
    first = [int.from_bytes(flags[place::_LONG]) for place in range(_LONG)]
    all_have = int.from_bytes(b"\1" * len(parts))
    return together.isascii() and all(first[n] | first[n + 3] == all_have for n in range(_STEP))


def _without_capitals(part: bytes) -> Iterator[bytes]:
    """The base64 of two groups of three bytes where no capital gives it away, in both alphabets."""
    for begin in range(_STEP):
        coded = b64encode(part[begin : begin + _PIECE])
        if not part.isascii() or coded == coded.lower():
            yield from {coded, coded.translate(_URL_SAFE)}


def _parts_of_all_forms(secret: str) -> set[bytes]:
    """What stands in a secret however it is written, before it is written in base64."""
    if same := _SAME_EVERYWHERE.search(secret):
        return {same[0].encode()}
    if _SAME_IN_JSON.fullmatch(secret):
        return {secret.encode(), quote(secret, safe="").encode()}
    return written(secret)


def _keep(forms: Forms, piece: bytes, form: bytes, secret: Secret) -> None:
    forms[piece] = (*forms.get(piece, ()), (form, secret))


def _found(forms: Forms, data: bytes, step: int) -> set[Secret]:
    """The secrets of which a form stands in a text."""
    return {
        secret
        for piece, place in _seen(forms, data, step)
        for form, secret in forms[piece]
        if _stands(form, data, place)
    }


def _stands(form: bytes, data: bytes, place: int) -> bool:
    """Whether a form stands in a text around the place of a piece of it."""
    return form in data[max(0, place - len(form)) : place + _PIECE + len(form)]


def _stands_in_lines(form: bytes, data: bytes, place: int, whole: bytes) -> bool:
    """As `_stands`, for lines whose beginnings may have been cut; the whole is looked through last."""
    if data is whole:
        return _stands(form, data, place)
    piece, line = data[place : place + _PIECE], data[place : place + len(form)].partition(b"\n")[0]
    begins = (begin for begin in range(len(form)) if form.startswith(piece, begin))
    goes_on = any(form.startswith(line[: len(form) - begin], begin) for begin in begins)
    return goes_on and form in whole


def _seen(known: Mapping[bytes, object], data: bytes, step: int) -> Iterator[tuple[bytes, int]]:
    """The known pieces that stand in a text, with their places, of those that begin so far behind another."""
    for begin in range(0, _PIECE, step):
        for first in range(begin, len(data), _PIECE * _AT_ONCE):
            pieces = _cut(data[first : first + _PIECE * _AT_ONCE])
            if not known.keys().isdisjoint(pieces):
                yield from _placed(known.keys() & pieces, pieces, first)


def _placed(suspect: Set[bytes], pieces: tuple[bytes, ...], first: int) -> Iterator[tuple[bytes, int]]:
    return ((piece, first + place * _PIECE) for place, piece in enumerate(pieces) if piece in suspect)


def _cut(part: bytes) -> tuple[bytes, ...]:
    """Pieces side by side; the last is filled up."""
    count = -(-len(part) // _PIECE)
    return _pieces(count).unpack(part.ljust(count * _PIECE, b"\0"))


@lru_cache(_AT_ONCE)
def _pieces(count: int) -> Struct:
    return Struct(f"{_PIECE}s" * count)
