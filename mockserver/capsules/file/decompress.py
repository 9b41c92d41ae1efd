"""Bodies as they were before they were compressed: secrets in compressed ones would not be seen."""

from __future__ import annotations

import zlib
from dataclasses import replace

from workerkit.openapi.exchange import Exchange, Headers

_HEADER = "content-encoding"
_ZLIB_OR_GZIP = 47
_MOST_BYTES = 64 * 2**20


def unpacked(exchange: Exchange) -> Exchange:
    """The exchange with its bodies uncompressed, and without the headers that say they were compressed.

    A body in an encoding other than gzip and deflate, or a damaged one, is left out; `why` says so.
    """
    if not any(name == _HEADER for name, _ in (*exchange.request_headers, *exchange.answer_headers)):
        return exchange
    request, request_headers, lost = _unpacked(exchange.request_headers, exchange.request_body)
    answer, answer_headers, also_lost = _unpacked(exchange.answer_headers, exchange.answer_body)
    return replace(
        exchange,
        request_headers=request_headers,
        request_body=request,
        answer_headers=answer_headers,
        answer_body=answer,
        why="; ".join(filter(None, (exchange.why, lost, also_lost))),
    )


def _unpacked(headers: Headers, body: bytes) -> tuple[bytes, Headers, str]:
    coding = ", ".join(text for name, text in headers if name == _HEADER).strip().lower()
    if coding in ("", "identity"):
        return body, headers, ""
    others = tuple((name, text) for name, text in headers if name != _HEADER)
    plain = _inflated(body) if coding in ("gzip", "x-gzip", "deflate") else None
    if plain is None:
        return b"", others, f"a body of {len(body)} bytes in {coding} is left out"
    return plain, others, ""


def _inflated(body: bytes) -> bytes | None:
    try:
        return zlib.decompressobj(_ZLIB_OR_GZIP).decompress(body, _MOST_BYTES)
    except zlib.error:
        return None
