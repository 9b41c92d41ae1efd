"""The headers of a request, decoded and by name; made once for all requests that have the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from workerkit.openapi.exchange import Headers

RawHeaders = Iterable[tuple[bytes, bytes]]
_MOST_KEPT, _LONGEST_KEPT = 512, 2048


@dataclass(frozen=True, slots=True)
class HeaderSet:
    """`pairs` are the headers as they came, `named` those that come once, by their names in lower case."""

    pairs: Headers
    named: Mapping[str, str]
    announces_body: bool
    is_json: bool


def header_set(raw: RawHeaders) -> HeaderSet:
    """The headers of an ASGI scope. A client sends the same ones again and again: small sets are kept."""
    pairs = tuple(raw)
    short = sum(len(name) + len(value) for name, value in pairs) <= _LONGEST_KEPT
    return (_kept if short else _decoded)(pairs)


def headers_of(pairs: Headers) -> HeaderSet:
    """The set of these decoded headers."""
    counts = Counter(name for name, _ in pairs)
    named = {name: value for name, value in pairs if counts[name] == 1}
    content_type = named.get("content-type", "").partition(";")[0].strip().lower()
    return HeaderSet(
        pairs=pairs,
        named=named,
        announces_body="content-length" in counts or "transfer-encoding" in counts,
        is_json=content_type == "application/json" or content_type.endswith("+json"),
    )


def _decoded(pairs: tuple[tuple[bytes, bytes], ...]) -> HeaderSet:
    return headers_of(tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs))


_kept = lru_cache(maxsize=_MOST_KEPT)(_decoded)
