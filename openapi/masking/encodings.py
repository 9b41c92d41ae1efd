"""The forms in which clients write a text: into URLs, JSON, HTML, base64 and hex; and the way back."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from html import escape, unescape
from urllib.parse import quote, quote_plus, unquote

_ESCAPE = re.compile("%[0-9A-F]{2}")
_SAME_EVERYWHERE = re.compile(r"[\w.~-]*", re.ASCII)
_IN_JSON = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "/": "/"}
_PASS = "surrogatepass"
_MOST_LAYERS = 3
_URL_SAFE = str.maketrans("+/", "-_")
# Of 6 characters of base64 a chance match is one in 10 to the 11th: they are looked for inside words, too.
_SHORTEST_CORE = 6
FEWEST_HEX_DIGITS = 16


def spellings(secret: str) -> set[str]:
    """The forms of a text in URLs, HTML, JSON, and in JSON inside JSON; the text itself is one of them."""
    if _SAME_EVERYWHERE.fullmatch(secret):
        return {secret} - {""}
    quoted = {quote(secret, safe=safe, errors=_PASS) for safe in ("", "/", "!'()*", "!#$%&'()*+,/:;=?@[]~")}
    quoted.add(quote_plus(secret, errors=_PASS))
    quoted |= {_ESCAPE.sub(lambda found: found[0].lower(), each) for each in quoted}
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    escaped |= {each.replace("/", r"\/") for each in escaped}
    escaped |= {json.dumps(each, ensure_ascii=pure)[1:-1] for each in escaped for pure in (True, False)}
    return {form for form in (secret, *quoted, *escaped, escape(secret), escape(secret, quote=False)) if form}


def in_hex(secret: str) -> set[str]:
    """The hexadecimal digits of a text's bytes, unless they are too few to be told from chance."""
    digits = secret.encode("utf-8", _PASS).hex()
    return {digits, digits.upper()} if len(digits) >= FEWEST_HEX_DIGITS else set()


def is_layered(text: str) -> bool:
    """Whether something in a text may be undone by `decoded`."""
    return "%" in text or "\\" in text or "\0" in text or ("&" in text and ";" in text)


def in_base64(secret: str) -> set[str]:
    """What base64 of a longer text has in it wherever that text holds the secret: a form for each alignment.

    Characters that depend on the neighbours, too, are left out. Forms too short to be told from chance are
    not among them. Both alphabets, and as they stand in URLs and in JSON.
    """
    cores = {core for form in written(secret) for core in _cores(form) if len(core) >= _SHORTEST_CORE}
    return {form for core in cores for each in (core, core.translate(_URL_SAFE)) for form in spellings(each)}


def alone_in_base64(secret: str) -> set[str]:
    """A text's own base64, with its padding and without."""
    whole = {b64encode(form).decode() for form in written(secret)}
    either = {form for each in whole for form in (each, each.translate(_URL_SAFE))}
    return {form for each in either for whole in (each, each.rstrip("=")) for form in spellings(whole)}


def decoded(text: str) -> Iterator[str]:
    """The text with percent signs undone, then escapes, entities, NULs, and so on while that changes it."""
    for _ in range(_MOST_LAYERS):
        for undone in (unquote, _without_escapes, unescape, _without_nuls):
            plain = undone(text)
            if plain != text:
                yield plain
                text = plain


def written(secret: str) -> set[bytes]:
    return {form.encode("utf-8", _PASS) for form in (secret, quote(secret, safe="", errors=_PASS))} | {
        json.dumps(secret)[1:-1].encode(),
        json.dumps(secret, ensure_ascii=False)[1:-1].encode("utf-8", _PASS),
    }


def _cores(secret: bytes) -> Iterator[str]:
    for before in range(3):
        whole = b64encode(b"\0" * before + secret).decode().rstrip("=")
        complete = (before + len(secret)) * 8 // 6
        yield whole[-(-before * 8 // 6) : complete]


def _without_escapes(text: str) -> str:
    return _paired(_IN_JSON.sub(_letter, text))


def _without_nuls(text: str) -> str:
    return text.replace("\0", "")


def _paired(text: str) -> str:
    """The text with pairs of surrogates made one character; it can be encoded."""
    return text.encode("utf-16", _PASS).decode("utf-16", "replace") if _SURROGATE.search(text) else text


def _letter(found: re.Match[str]) -> str:
    if found[1] or found[2]:
        return chr(int(found[1] or found[2], 16))
    return _LETTERS.get(found[3], found[0])
