"""The decoded headers of a message. Equal headers are decoded once and shared by all messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from workerkit.openapi.exchange import Headers
from workerkit.openapi.formats.content_coding import is_encoded
from workerkit.openapi.formats.media_type import is_json_type

RawHeaders = Iterable[tuple[bytes, bytes]]
# These characters around the value of a header are not part of the value (RFC 9110, section 5.5).
BLANKS = b" \t"
_CACHE_SIZE, _LONGEST_CACHED = 512, 2048


@dataclass(frozen=True, slots=True)
class HeaderSet:
    """The headers of one message.

    pairs: names and values in the order in which they came.
    by_name: the values of headers that occur exactly once, by the name in lower case.
    has_body: whether the headers say that the message has a body.
    is_json: whether the content type is JSON.
    is_encoded: whether the body is encoded, for example with gzip.
    """

    pairs: Headers
    by_name: Mapping[str, str]
    has_body: bool
    is_json: bool
    is_encoded: bool


def decode_headers(raw: RawHeaders) -> HeaderSet:
    """Decodes the headers of an ASGI scope. Small sets are cached, because clients repeat their headers."""
    pairs = tuple(raw)
    short = sum(len(name) + len(value) for name, value in pairs) <= _LONGEST_CACHED
    return (_decoded_from_cache if short else _decoded)(pairs)


def header_set_of(pairs: Headers) -> HeaderSet:
    """Makes a header set from decoded names and values."""
    counts = Counter(name for name, _ in pairs)
    by_name = {name: value for name, value in pairs if counts[name] == 1}
    return HeaderSet(
        pairs=pairs,
        by_name=by_name,
        has_body="content-length" in counts or "transfer-encoding" in counts,
        is_json=is_json_type(by_name.get("content-type", "")),
        is_encoded=is_encoded(pairs),
    )


def has_valid_host(raw: RawHeaders, http_version: str) -> bool:
    """Whether a request has the header `Host` exactly once. HTTP/1.0 may leave it out.

    raw: the headers, with names in lower case.
    """
    count = sum(name == b"host" for name, _ in raw)
    return count == 1 or (count == 0 and http_version == "1.0")


def _decoded(pairs: tuple[tuple[bytes, bytes], ...]) -> HeaderSet:
    return header_set_of(tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs))


_decoded_from_cache = lru_cache(maxsize=_CACHE_SIZE)(_decoded)
