"""Unusual texts for text fields, and the comparison of a written text with the listed text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from unicodedata import category, normalize
from urllib.parse import unquote

from workerkit.contracts.relations.listed_tasks import LINK_FIELDS
from workerkit.openapi.languages.phrase import joined, phrase

_BASE = "https://example.com/workerkit/"
_MAX_SHOWN = 40
_CONTEXT = 12


@dataclass(frozen=True, slots=True)
class FieldText:
    """A text for one field.

    kind: what is special about the text, for messages.
    value: the text itself.
    is_url: False if the text does not look like a URL.
    """

    kind: str
    value: str
    is_url: bool = True

    def __str__(self) -> str:
        return str(self.text)

    @property
    def text(self) -> str:
        """The text for messages, with what is special about it."""
        return joined("", (shortened(self.value), " (", self.kind, ")"))


def _url(kind: str, rest: str) -> FieldText:
    return FieldText(kind, _BASE + rest)


def _long_url(length: int) -> FieldText:
    return _url(
        phrase("a URL of {length} characters", length=length), ("long-path/" * length)[: length - len(_BASE)]
    )


# URLs with a path, in plain ASCII. Every correct server stores and lists them exactly as they are. They have
# at most 200 characters, because some libraries have this limit for URLs by default.
PLAIN_URLS = (
    _url(phrase("a URL with a query"), "user?a=1&b=2"),
    _url(phrase("a URL with an escaped space, a tilde and a plus"), "user%20name/~user/a+b"),
    _url(phrase("a URL with capital letters"), "User-Name/ABC"),
    _long_url(200),
)
# The parts of MIXED_URL. If the server refuses it or answers 5xx, each part is sent alone.
URL_PARTS = (
    _url(phrase("Vietnamese letters"), "Nguyễn-Văn-Đức"),
    _url(phrase("an emoji"), "🎉"),
    _url(phrase("a combining accent"), "e\u0301"),
    _url(phrase("HTML characters"), "<b>&lt;"),
    _url(phrase("quotes"), "\"double\"'single'"),
    _url("a backslash", "a\\b"),
    _url(phrase("a percent sign and a plus"), "100%-a+b"),
)
MIXED_URL = _url(
    phrase("a URL with letters, an emoji, quotes and signs that are not plain ASCII"),
    "/".join(part.value.removeprefix(_BASE) for part in URL_PARTS),
)
LONG_URLS = (_long_url(300), _long_url(2000))
NUL_URL = _url(phrase("a NUL character"), "nul\0end")
SURROGATE_URL = _url(phrase("a lone surrogate, \\ud800"), "surrogate\ud800end")
_CONTROL_URL = _url(phrase("a tab and a line feed"), "tab\tfeed\nend")
_SPACED_URL = FieldText(phrase("spaces at both ends"), f"  {_BASE}spaces  ")
# A server may refuse these URLs. If it accepts one, it lists the same text, or a normal form of it.
UNUSUAL_URLS = (MIXED_URL, *LONG_URLS, _SPACED_URL, _CONTROL_URL, NUL_URL)
# Texts that careless code reads as values of other types. They are not URLs.
LOOKALIKES = (
    FieldText(phrase("a text that looks like null"), "null", is_url=False),
    FieldText(phrase("a text that looks like a number"), "0123", is_url=False),
    FieldText(phrase("a text that looks like a date"), "2025-12-01", is_url=False),
    FieldText(phrase("a text with an SQL quote"), "' OR 1=1 --", is_url=False),
)


def lookalikes_for(fields: tuple[str, ...]) -> dict[str, FieldText]:
    """A different lookalike for each of these fields."""
    return dict(zip(fields, LOOKALIKES, strict=False))


def with_marks(text: FieldText, fields: tuple[str, ...]) -> dict[str, FieldText]:
    """The text for each of these fields. In `link_post` it has another end, so that both links differ."""
    end = "" if len(text.value) > 200 or text.value != text.value.strip() else "/post"
    other = FieldText(text.kind, text.value + end, is_url=text.is_url)
    return {field: other if field == LINK_FIELDS[1] else text for field in fields}


def shortened(value: object) -> str:
    """A value in JSON, cut after 40 characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    cut = text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
    shown = json.dumps(cut, ensure_ascii=False) if isinstance(value, str) else cut
    return shown.encode("utf-8", "backslashreplace").decode()


def difference(written: FieldText, listed: object) -> str | None:
    """How the listed value differs from the written text, in words. None if a correct server may list it.

    A plain URL has to be listed exactly. Any other text may be listed in a normal form: without spaces at the
    ends, without control characters, percent-encoded, in Unicode's form NFC, with slashes for backslashes. In
    place of a text that is no URL, the list may have no link or an earlier one.
    """
    if listed == written.value:
        return None
    if not written.is_url and _is_no_link_or_a_url(listed):
        return None
    if not isinstance(listed, str):
        return phrase("lists {shortened}", shortened=shortened(listed))
    if written not in PLAIN_URLS and _normal_form(listed) == _normal_form(written.value):
        return None
    return _first_difference(written.value, listed)


def _is_no_link_or_a_url(listed: object) -> bool:
    return listed is None or (isinstance(listed, str) and (not listed or listed.startswith("http")))


def _normal_form(text: str) -> str:
    decoded = normalize("NFC", unquote(text)).replace("\\", "/").rstrip("/")
    return "".join(char for char in decoded if category(char) not in ("Cc", "Zs"))


def _first_difference(written: str, listed: str) -> str:
    if listed and written.startswith(listed):
        return phrase(
            "lists only the first {listed_count} of its {written_count} characters",
            listed_count=len(listed),
            written_count=len(written),
        )
    pairs = enumerate(zip(written, listed, strict=False))
    place = next((number for number, (one, other) in pairs if one != other), len(written))
    begin = max(0, place - 2)
    was, now = (shortened(text[begin : place + _CONTEXT]) for text in (written, listed))
    return phrase(
        "lists another text: from character {number} on it has {now} in place of {was}",
        number=begin + 1,
        now=now,
        was=was,
    )


def has_surrogate(value: object) -> bool:
    """True if a JSON value has a text with a lone surrogate."""
    return re.search(r"\\u[dD][89a-fA-F]", json.dumps(value)) is not None and not _is_utf8(value)


def _is_utf8(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
