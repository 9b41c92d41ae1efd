"""Encodes a secret in the ways that clients do (URLs, JSON, HTML, base64, hexadecimal), and decodes texts."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from html import escape, unescape
from unicodedata import normalize
from urllib.parse import quote, quote_plus, unquote

from workerkit.openapi.masking.rare_encodings import RARE_DECODERS, may_be_rarely_encoded

_PERCENT_CODE = re.compile("%[0-9A-F]{2}")
# Texts that are the same in URLs, JSON and HTML.
_NEVER_ENCODED = re.compile(r"[\w.~-]*", re.ASCII)
_JSON_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "/": "/"}
_PASS = "surrogatepass"
_MAX_LAYERS = 3
_URL_SAFE = str.maketrans("+/", "-_")
# In random text, six given base64 characters occur about once in 64**6 (70,000,000,000) characters.
# So fragments of this length are also searched inside words.
_SHORTEST_FRAGMENT = 6
_FEWEST_HEX_DIGITS = 8


def spellings(secret: str) -> set[str]:
    """The secret in the Unicode forms NFC and NFD, and as it is. All of them look the same."""
    return {secret} if secret.isascii() else {secret, normalize("NFC", secret), normalize("NFD", secret)}


def encoded_forms(secret: str) -> set[str]:
    """The secret itself, and its forms in URLs, in HTML, in JSON, and in JSON inside JSON."""
    return {form for spelling in spellings(secret) for form in _encoded_forms(spelling)}


def _encoded_forms(secret: str) -> set[str]:
    if _NEVER_ENCODED.fullmatch(secret):
        return {secret} - {""}
    quoted = {quote(secret, safe=safe, errors=_PASS) for safe in ("", "/", "!'()*", "!#$%&'()*+,/:;=?@[]~")}
    quoted.add(quote_plus(secret, errors=_PASS))
    quoted |= {_PERCENT_CODE.sub(lambda code: code[0].lower(), form) for form in quoted}
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    escaped |= {form.replace("/", r"\/") for form in escaped}
    escaped |= {
        json.dumps(form, ensure_ascii=ascii_only)[1:-1] for form in escaped for ascii_only in (True, False)
    }
    in_html = (escape(secret), escape(secret, quote=False))
    return {form for form in (secret, *quoted, *escaped, *in_html) if form}


def hex_forms(secret: str) -> set[str]:
    """The bytes of the secret as hexadecimal digits. Empty for less than four bytes."""
    all_digits = {spelling.encode("utf-8", _PASS).hex() for spelling in spellings(secret)}
    return {
        form
        for digits in all_digits
        if len(digits) >= _FEWEST_HEX_DIGITS
        for form in (digits, digits.upper())
    }


def in_one_case(text: str) -> str:
    """The text in lower case. It is as long as the text, and each letter has the same place."""
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)
    return lower.replace("\u03c2", "\u03c3")  # lower() writes a Greek sigma at the end of a word differently


def may_be_encoded(text: str) -> bool:
    """True if `decodings` may find something to decode in a text."""
    return has_signs_of_encoding(text) or may_be_rarely_encoded(text)


def has_signs_of_encoding(text: str) -> bool:
    """True if a text has a sign of percent codes, escapes, HTML entities or UTF-16."""
    return "%" in text or "\\" in text or "\0" in text or ("&" in text and ";" in text)


def base64_fragments(secret: str) -> set[str]:
    """The base64 fragments of a secret.

    If a text contains the secret, the base64 of this text contains one of the fragments.

    A secret may begin at three positions in the groups of three bytes that base64 encodes, so there are three
    fragments. A fragment has only the characters that do not depend on the text around the secret. Each
    fragment is given in both base64 alphabets, and in its forms in URLs and in JSON. Very short fragments are
    left out, because they match by chance.
    """
    fragments = {
        fragment
        for form in byte_forms(secret)
        for fragment in _fragments(form)
        if len(fragment) >= _SHORTEST_FRAGMENT
    }
    in_both_alphabets = fragments | {fragment.translate(_URL_SAFE) for fragment in fragments}
    return {form for fragment in in_both_alphabets for form in encoded_forms(fragment)}


def base64_forms(secret: str) -> set[str]:
    """The base64 of the secret alone, with padding and without."""
    padded = {b64encode(form).decode() for form in byte_forms(secret)}
    in_both_alphabets = padded | {text.translate(_URL_SAFE) for text in padded}
    unpadded = {text.rstrip("=") for text in in_both_alphabets}
    return {form for text in in_both_alphabets | unpadded for form in encoded_forms(text)}


def decodings(text: str) -> Iterator[str]:
    """Decodes a text step by step and yields the text after each step that changed it.

    The steps are: percent codes, escapes, HTML entities, NUL characters, rare encodings. All steps are done
    three times, because a text may be encoded several times.
    """
    for _ in range(_MAX_LAYERS):
        for decode in _DECODERS:
            decoded = decode(text)
            if decoded != text:
                yield decoded
                text = decoded


def byte_forms(secret: str) -> set[bytes]:
    """The secret as bytes: plain, percent-encoded, and escaped for JSON."""
    return {form for spelling in spellings(secret) for form in _byte_forms(spelling)}


def _byte_forms(secret: str) -> set[bytes]:
    return {form.encode("utf-8", _PASS) for form in (secret, quote(secret, safe="", errors=_PASS))} | {
        json.dumps(secret)[1:-1].encode(),
        json.dumps(secret, ensure_ascii=False)[1:-1].encode("utf-8", _PASS),
    }


def _fragments(secret: bytes) -> Iterator[str]:
    for bytes_before in range(3):
        encoded = b64encode(b"\0" * bytes_before + secret).decode().rstrip("=")
        first = -(-bytes_before * 8 // 6)
        end = (bytes_before + len(secret)) * 8 // 6
        yield encoded[first:end]


def _without_escapes(text: str) -> str:
    return _with_joined_surrogates(_JSON_ESCAPE.sub(_unescaped_letter, text))


def _without_nuls(text: str) -> str:
    return text.replace("\0", "")


def _with_joined_surrogates(text: str) -> str:
    """Joins each pair of surrogates to one character, so that the text can be encoded as UTF-8."""
    return text.encode("utf-16", _PASS).decode("utf-16", "replace") if _SURROGATE.search(text) else text


def _unescaped_letter(escape_code: re.Match[str]) -> str:
    if escape_code[1] or escape_code[2]:
        return chr(int(escape_code[1] or escape_code[2], 16))
    return _ESCAPED_LETTERS.get(escape_code[3], escape_code[0])


_DECODERS: tuple[Callable[[str], str], ...] = (
    unquote,
    _without_escapes,
    unescape,
    _without_nuls,
    *RARE_DECODERS,
)
