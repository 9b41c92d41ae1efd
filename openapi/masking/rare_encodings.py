"""Decodes texts in encodings that are rare in URLs and JSON, for example quoted-printable."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable

_BYTE = "[0-9a-fA-F]{2}"
_SEPARATED_BYTES = re.compile(rf"(?<![0-9a-fA-F]){_BYTE}(?:([: -]){_BYTE})(?:\1{_BYTE}){{2,}}(?![0-9a-fA-F])")
_HEX_UNITS = re.compile("(?:[0-9a-fA-F]{4}){4,}")
_SPACED_LETTERS = re.compile(r"\S(?: .){3,}", re.DOTALL)
_SOFT_LINE_BREAK = re.compile("=\r?\n")
_QUOTED_BYTES = re.compile("(?:=[0-9a-fA-F]{2})+")
_TWO_BYTE_LETTER = re.compile("[\xc2-\xf4][\x80-\xbf]")
_TWO_BYTE_LETTERS = re.compile("(?:[\xc2-\xf4][\x80-\xbf]+)+")
_BASE64_OF_ASCII = "(?:[A-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-])"
_BASE64_RUN = re.compile(rf"(?<![\w+/-]){_BASE64_OF_ASCII}{{2,}}[A-Za-z0-9+/_-]{{0,3}}={{0,2}}")
# Base64 of base64 almost always has two capital letters in one word. Few other texts do.
_TWO_CAPITALS = re.compile(r"[A-Z][a-z0-9_+/]*+[A-Z]")
_BASE64_TEXT = re.compile("[A-Za-z0-9+/_-]{8,}={0,2}")
_TO_STANDARD = str.maketrans("-_", "+/")


def may_be_rarely_encoded(text: str) -> bool:
    """True if a decoder of `RARE_DECODERS` may change a text."""
    return (
        any(hint.search(text) for hint in _HINTS)
        or (_TWO_CAPITALS.search(text) is not None and _BASE64_RUN.search(text) is not None)
        or (not text.isascii() and _TWO_BYTE_LETTER.search(text) is not None)
    )


def _without_separators(text: str) -> str:
    """Joins bytes in hexadecimal digits: `68:75:6e:74` becomes `68756e74`."""
    return _SEPARATED_BYTES.sub(lambda match: re.sub("[: -]", "", match[0]), text)


def _without_utf16_digits(text: str) -> str:
    """Reads hexadecimal digits as UTF-16: `680075006e007400` becomes `hunt`."""
    return _HEX_UNITS.sub(lambda match: _utf16_text(match[0]), text)


def _utf16_text(digits: str) -> str:
    data = bytes.fromhex(digits)
    is_little_endian = data[1::2].count(0) >= data[::2].count(0)
    text = data.decode("utf-16-le" if is_little_endian else "utf-16-be", "replace")
    return text if "".join(text.split()).isprintable() else digits


def _without_spaces(text: str) -> str:
    """Joins letters with a space after each: `h u n t` becomes `hunt`."""
    return _SPACED_LETTERS.sub(lambda match: match[0][::2], text)


def _without_quoted_printable(text: str) -> str:
    """Reads quoted-printable: `m=E1=BA=ADt` becomes `mật`."""
    joined = _SOFT_LINE_BREAK.sub("", text)
    return _QUOTED_BYTES.sub(
        lambda match: bytes.fromhex(match[0].replace("=", "")).decode("utf-8", "replace"), joined
    )


def _without_wrong_charset(text: str) -> str:
    """Repairs UTF-8 that was read as Latin-1: `Ã©` becomes `é`."""
    return _TWO_BYTE_LETTERS.sub(lambda match: match[0].encode("latin-1").decode("utf-8", "replace"), text)


def _without_double_base64(text: str) -> str:
    """Decodes base64 of base64 once."""
    return _BASE64_RUN.sub(lambda match: _inner_base64(match[0]), text)


def _inner_base64(run: str) -> str:
    unpadded = run.rstrip("=").translate(_TO_STANDARD)
    complete = unpadded[: len(unpadded) - (len(unpadded) % 4 == 1)]
    inner = b64decode(complete + "=" * (-len(complete) % 4)).decode("utf-8", "replace")
    return inner if _BASE64_TEXT.fullmatch(inner) else run


RARE_DECODERS: tuple[Callable[[str], str], ...] = (
    _without_quoted_printable,
    _without_wrong_charset,
    _without_spaces,
    _without_separators,
    _without_utf16_digits,
    _without_double_base64,
)
# Each pattern begins with a fixed character, because such a search is fast.
_HINTS = (
    re.compile("=(?:[89A-F][0-9A-F]|[89a-f][0-9a-f]=|3[Dd]|\r?\n)"),
    re.compile(f":{_BYTE}:{_BYTE}:"),
    re.compile(f"-{_BYTE}-{_BYTE}-"),
    re.compile(f" {_BYTE} {_BYTE} "),
    re.compile(r" [^\n] [^\n](?: |$)"),
    re.compile("00[2-7][0-9a-fA-F]00[2-7][0-9a-fA-F]"),
)
