"""Finds quickly which of many known secrets may be in a text.

The index keeps a few short pieces of each secret. It also cuts the text into pieces, and looks up each piece
of the text. So the time for a text does not depend on the number of secrets.
"""

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
    base64_forms,
    base64_fragments,
    byte_forms,
    decodings,
    has_signs_of_encoding,
    hex_forms,
    in_one_case,
    may_be_encoded,
    spellings,
)
from workerkit.openapi.masking.mask import Secret
from workerkit.openapi.masking.pseudonyms import base64_texts
from workerkit.openapi.masking.rare_encodings import RARE_DECODERS

# A text is cut into pieces of 6 bytes. A piece begins at every third byte of the text. For each long secret,
# the index keeps a part of the secret: 8 bytes. It stores the part as three pieces of 6 bytes that overlap.
# They begin at the first, second and third byte of the part. If a text contains the part, the pieces of the
# text include one of these three pieces.
_PIECE, _STEP, _PIECES_AT_ONCE = 6, 3, 512
_PART = _PIECE + _STEP - 1
# The part begins at the fifth character, because many secrets begin in the same way.
_PART_BEGINS = 4
_WORD = re.compile(rb"\w+")
# Eight characters or more that are the same in URLs and in JSON.
_NEVER_ENCODED = re.compile(rf"[\w.~-]{{{_PART},}}", re.ASCII)
_SOMETIMES_ENCODED = re.compile(r"[^\w.~-]", re.ASCII)
_SAME_IN_JSON = re.compile(r'[^"\\\x00-\x1f\x7f-\U0010ffff]*')
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_NOT_URL_SAFE = bytes.maketrans(b"-_", b"+/")
# The base64 of six ASCII characters, at any position in a text. The highest bit of an ASCII character is
# zero. So only some base64 characters can be at each place.
_GROUP_OF_THREE = "[A-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]"
_ASCII_IN_BASE64 = re.compile(f"([A-Za-f])(?=({_GROUP_OF_THREE[8:]}{_GROUP_OF_THREE}))".encode())
_BASE64_PIECE, _BASE64_AT_ONCE = 8, 2**16
# The base64 of three bytes begins with a capital letter if the first byte is below 0x68.
_GIVES_CAPITAL = bytes(byte < 0x68 for byte in range(256))
_DIGITS_OF_IDS = b"0123456789abcdefABCDEF-"
_FEWEST_HEX_DIGITS = 2 * _PART
_HEX = re.compile(rb"[0-9a-fA-F]{%d,}" % _FEWEST_HEX_DIGITS)
_HEX_AS_ZEROS = bytes(48 if chr(byte) in "0123456789abcdefABCDEF" else 32 for byte in range(256))
_ZEROS = b"0" * _FEWEST_HEX_DIGITS
_PASS = "surrogatepass"
# A form of a secret as bytes, and the secret. Tuples of texts do not slow down Python's garbage collector.
Form = tuple[bytes, Secret]
Forms = dict[bytes, tuple[Form, ...]]


class SecretIndex:
    """Known secrets, and a fast search for them in texts, in upper and lower case.

    The index has the secrets in lower case, except for their base64 forms. A search takes as long for ten
    thousand secrets as for one. To add a secret takes microseconds.

    has_id_like_secrets: True if a known secret may be a part of a UUID.
    """

    def __init__(self) -> None:
        self._secrets: dict[Secret, None] = {}
        self._long: dict[bytes, tuple[Secret, ...]] = {}
        self._base64_without_capitals: Forms = {}
        self._short: Forms = {}
        self._words: Forms = {}
        self._encodable: set[Secret] = set()
        self.has_id_like_secrets = False

    def __len__(self) -> int:
        return len(self._secrets)

    def new_secrets(self, secrets: Iterable[Secret]) -> list[Secret]:
        """The secrets that the index does not know yet, without repetitions."""
        known = self._secrets
        return [secret for secret in dict.fromkeys(secrets) if secret not in known]

    def add(self, secrets: Sequence[Secret]) -> None:
        """Adds secrets. The index must not know them yet."""
        self._secrets.update(dict.fromkeys(secrets))
        together = "\n".join(text for _, text in secrets)
        self.has_id_like_secrets = self.has_id_like_secrets or _one_looks_like_an_id(together)
        if _has_signs(together):
            self._encodable.update(secret for secret in secrets if _has_signs(secret[1]))
        for secret in (secret for secret in secrets if len(secret[1]) < _PART):
            text = secret[1]
            folded_forms = map(in_one_case, (*spellings(text), *hex_forms(text)))
            for form in {*folded_forms, *base64_fragments(text), *base64_forms(text)}:
                self._add_short(form.encode("utf-8", _PASS), secret)
        self._add_long([secret for secret in secrets if len(secret[1]) >= _PART])

    def possible_secrets(self, text: str) -> frozenset[Secret]:
        """All secrets that are in a text, in any encoding.

        The result may also have secrets that are not in the text.
        """
        found = self.possible_secrets_in_plain_text(text)
        if not needs_no_decoding(text):
            found |= self._encodable
            for with_spaces in {text, text.replace("+", " ")}:
                decoded_once = {decode(with_spaces) for decode in RARE_DECODERS}
                for decoded in decoded_once.union(decodings(with_spaces), [with_spaces]):
                    found |= self.possible_secrets_in_plain_text(decoded)
        return frozenset(found)

    def possible_secrets_in_plain_text(self, text: str, beginnings: Iterable[str] = ()) -> set[Secret]:
        """Like `possible_secrets`, for a text with no encoding except base64 and hexadecimal digits.

        beginnings: texts with which many lines of the text begin. Each one is searched only once.
        """
        data, folded_data = text.encode("utf-8", _PASS), _folded(text)
        prefixes = list(beginnings)
        shortened = _with_beginnings_cut(folded_data, map(in_one_case, prefixes))
        found = self._find_long(shortened, folded_data)
        found |= self._find_in_base64(_with_beginnings_cut(data, prefixes))
        if from_hex := _folded(b"\n".join(_decoded_hex(data)).decode("utf-8", "replace")):
            found |= self._find_long(from_hex, from_hex)
        if self._short or self._words:
            found |= self._find_short(data) | self._find_short(folded_data)
            found |= self._find_short(_folded("\n".join(base64_texts(text))))
        return found

    def _find_long(self, data: bytes, complete_data: bytes) -> set[Secret]:
        return {
            secret
            for piece, place in _known_pieces_in(self._long, data, _STEP)
            for secret in self._long[piece]
            if _is_in_lines(secret[1], data, place, complete_data)
        }

    def _find_in_base64(self, data: bytes) -> set[Secret]:
        forms = self._base64_without_capitals
        found = _secrets_in(forms, data, _STEP) if forms else set()
        if data != data.lower():
            pieces = self._long.keys() & map(bytes.lower, _decoded_base64_pieces(data))
            found.update(chain.from_iterable(map(self._long.__getitem__, pieces)))
        return found

    def _find_short(self, data: bytes) -> set[Secret]:
        found = _secrets_in(self._short, data, 1)
        if self._words:
            for word in self._words.keys() & {b"", *_WORD.findall(data)}:
                found |= {secret for form, secret in self._words[word] if form in data}
        return found

    def _add_short(self, form: bytes, secret: Secret) -> None:
        if len(form) >= _PIECE:
            _add_form(self._short, form[:_PIECE], form, secret)
        else:
            # If this form is a word, it is found only as a whole word. The longer forms of the same secret
            # are also found inside words.
            _add_form(self._words, form if _WORD.fullmatch(form) else b"", form, secret)

    def _add_long(self, secrets: list[Secret]) -> None:
        """Adds a part of eight bytes of each secret.

        For most secrets this is the part at a fixed position, because it takes longer to find a rarer part.
        """
        folded_texts = [in_one_case(text) for _, text in secrets]
        parts = [text[_PART_BEGINS : _PART_BEGINS + _PART].ljust(_PART) for text in folded_texts]
        encodable_parts = {match.start() // _PART for match in _SOMETIMES_ENCODED.finditer("".join(parts))}
        added: list[Form] = []
        others: list[Secret] = []
        for index, (part, secret) in enumerate(zip(parts, secrets, strict=True)):
            form = part.encode("utf-8", _PASS)
            if index in encodable_parts or form[1 : 1 + _PIECE] in self._long:
                others.append(secret)
            else:
                added.append((form, secret))
                self._add_part(form, secret)
        for secret in others:
            for form in _forms_in_one_case(secret[1]):
                rarest = self._rarest_part(form)
                self._add_part(rarest, secret)
                added.append((rarest, secret))
        added += [(part, secret) for secret in secrets for part in _parts_in_own_case(secret[1])]
        if not _all_have_capitals_in_base64([part for part, _ in added]):
            self._add_base64_without_capitals(added)

    def _add_part(self, part: bytes, secret: Secret) -> None:
        owner = (secret,)
        for piece in (part[:6], part[1:7], part[2:]):
            owners = self._long.setdefault(piece, owner)
            if owners is not owner:
                self._long[piece] = (*owners, secret)

    def _rarest_part(self, form: bytes) -> bytes:
        """Chooses one of three parts of a form: the part that the fewest known secrets have."""
        middle = (len(form) - _PART) // 2
        parts = (form[begin : begin + _PART] for begin in (middle, 0, len(form) - _PART))
        return min(parts, key=lambda part: len(self._long.get(part[1 : 1 + _PIECE], ())))

    def _add_base64_without_capitals(self, forms: list[Form]) -> None:
        for part, secret in forms:
            for encoded in _base64_without_capitals(part):
                for begin in range(_STEP):
                    _add_form(self._base64_without_capitals, encoded[begin : begin + _PIECE], encoded, secret)


def _folded(text: str) -> bytes:
    return in_one_case(text).encode("utf-8", _PASS)


def _has_signs(text: str) -> bool:
    return "+" in text or has_signs_of_encoding(text)


def needs_no_decoding(text: str) -> bool:
    """True if a text has no encoding except base64 and hexadecimal digits."""
    return "+" not in text and not may_be_encoded(text)


def _with_beginnings_cut(data: bytes, beginnings: Iterable[str]) -> bytes:
    """Cuts the beginnings off all lines and adds each beginning once, as a line of its own.

    Each line keeps the last seven bytes of its beginning, because a part of a secret may begin there.
    """
    for beginning_text in beginnings:
        beginning = beginning_text.encode("utf-8", _PASS)
        data = b"%b\n%b" % (data.replace(b"\n" + beginning, b"\n" + beginning[1 - _PART :]), beginning)
    return data


def _one_looks_like_an_id(lines: str) -> bool:
    return b"\n\n" in b"\n%b\n" % lines.encode("utf-8", _PASS).translate(None, _DIGITS_OF_IDS)


def _decoded_base64_pieces(data: bytes) -> Iterator[bytes]:
    """Decodes base64 from every position in the data. Yields the results that are six ASCII characters."""
    for first in range(0, len(data), _BASE64_AT_ONCE):
        matches = _ASCII_IN_BASE64.findall(data, first, first + _BASE64_AT_ONCE + _BASE64_PIECE - 1)
        decoded = a2b_base64(b"".join(chain.from_iterable(matches)).translate(_NOT_URL_SAFE))
        yield from (decoded[begin : begin + _PIECE] for begin in range(0, len(decoded), _PIECE))


def _decoded_hex(data: bytes) -> Iterator[bytes]:
    """Decodes each run of hexadecimal digits twice: from the first digit, and from the second digit."""
    if _ZEROS in data.translate(_HEX_AS_ZEROS):
        for run in _HEX.findall(data):
            for digits in (run, run[1:]):
                yield bytes.fromhex(digits[: len(digits) // 2 * 2].decode())


def _all_have_capitals_in_base64(parts: list[bytes]) -> bool:
    """True if the base64 of every part has a capital letter, wherever the part is in a longer text.

    base64 encodes groups of three bytes. Wherever a part is in a longer text, two of these groups have only
    bytes of the part. The result is False if a part is not ASCII.
    """
    together = b"".join(parts)
    flags = together.translate(_GIVES_CAPITAL)
    first = [int.from_bytes(flags[index::_PART]) for index in range(_PART)]
    all_flags = int.from_bytes(b"\1" * len(parts))
    return together.isascii() and all(first[n] | first[n + 3] == all_flags for n in range(_STEP))


def _base64_without_capitals(part: bytes) -> Iterator[bytes]:
    """Encodes six bytes of a part, from its first, second and third byte, in both base64 alphabets.

    Yields only the encodings that have no capital letter. If the part is not ASCII, yields all encodings.
    """
    for begin in range(_STEP):
        encoded = b64encode(part[begin : begin + _PIECE])
        if not part.isascii() or encoded == encoded.lower():
            yield from {encoded, encoded.translate(_URL_SAFE)}


def _forms_before_base64(secret: str) -> set[bytes]:
    """Short forms or parts of a secret, as bytes.

    Each plain, percent-encoded or JSON-escaped form of the secret contains at least one of them.
    """
    if never_encoded := _NEVER_ENCODED.search(secret):
        return {never_encoded[0].encode()}
    if _SAME_IN_JSON.fullmatch(secret):
        return {secret.encode(), quote(secret, safe="").encode()}
    return byte_forms(secret)


def _forms_in_one_case(secret: str) -> set[bytes]:
    """Forms as of `_forms_before_base64`, in lower case. Percent codes are in lower case, too."""
    texts = {secret, in_one_case(secret)}
    return {form.lower() for text in texts for form in _forms_before_base64(text)}


def _parts_in_own_case(secret: str) -> Iterator[bytes]:
    """Parts of a secret that have capital letters. A search in base64 may need these letters."""
    forms = [secret[_PART_BEGINS:].encode()] if secret.isascii() else _forms_before_base64(secret)
    for form in forms:
        middle = 0 if secret.isascii() else (len(form) - _PART) // 2
        part = form[middle : middle + _PART].ljust(_PART)
        if not part.isascii() or part != part.lower():
            yield part


def _add_form(forms: Forms, piece: bytes, form: bytes, secret: Secret) -> None:
    forms[piece] = (*forms.get(piece, ()), (form, secret))


def _secrets_in(forms: Forms, data: bytes, step: int) -> set[Secret]:
    """The secrets that have a form in the data."""
    return {
        secret
        for piece, place in _known_pieces_in(forms, data, step)
        for form, secret in forms[piece]
        if _is_around(form, data, place)
    }


def _is_around(form: bytes, data: bytes, place: int) -> bool:
    """True if a form is in the data around `place`, the position of one of its pieces."""
    return form in data[max(0, place - len(form)) : place + _PIECE + len(form)]


def _is_in_lines(secret: str, data: bytes, place: int, complete_data: bytes) -> bool:
    """True if a secret is in the data around `place`. Beginnings of lines may have been cut off the data."""
    if secret.isascii():
        return _form_is_in_lines(_folded(secret), data, place, complete_data)
    forms = map(_folded, spellings(secret))
    return any(_form_is_in_lines(form, data, place, complete_data) for form in forms)


def _form_is_in_lines(form: bytes, data: bytes, place: int, complete_data: bytes) -> bool:
    """Like `_is_around`, for lines whose beginnings may have been cut off.

    The beginning of the form may have been cut off, so the form is searched in `complete_data`. The search is
    done only if the text at `place`, up to the end of the line or of the form, is also in the form.
    """
    if data is complete_data:
        return _is_around(form, data, place)
    piece, line = data[place : place + _PIECE], data[place : place + len(form)].partition(b"\n")[0]
    begins = (begin for begin in range(len(form)) if form.startswith(piece, begin))
    continues = any(form.startswith(line[: len(form) - begin], begin) for begin in begins)
    return continues and form in complete_data


def _known_pieces_in(known: Mapping[bytes, object], data: bytes, step: int) -> Iterator[tuple[bytes, int]]:
    """The known pieces in the data, and their positions. It looks at every `step`-th position."""
    for begin in range(0, _PIECE, step):
        for first in range(begin, len(data), _PIECE * _PIECES_AT_ONCE):
            pieces = _cut(data[first : first + _PIECE * _PIECES_AT_ONCE])
            if not known.keys().isdisjoint(pieces):
                yield from _with_positions(known.keys() & pieces, pieces, first)


def _with_positions(known: Set[bytes], pieces: tuple[bytes, ...], first: int) -> Iterator[tuple[bytes, int]]:
    return ((piece, first + index * _PIECE) for index, piece in enumerate(pieces) if piece in known)


def _cut(data: bytes) -> tuple[bytes, ...]:
    """Cuts data into pieces of six bytes. The last piece is filled up with zero bytes."""
    count = -(-len(data) // _PIECE)
    return _struct_of_pieces(count).unpack(data.ljust(count * _PIECE, b"\0"))


@lru_cache(_PIECES_AT_ONCE)
def _struct_of_pieces(count: int) -> Struct:
    return Struct(f"{_PIECE}s" * count)
