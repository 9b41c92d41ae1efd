"""Decompresses the bodies of exchanges: the kit cannot see secrets in a compressed body."""

from __future__ import annotations

import zlib
from dataclasses import replace

from workerkit.openapi.exchange import Exchange, Headers

_HEADER = "content-encoding"
_ZLIB_OR_GZIP = 47
_MAX_BYTES = 64 * 2**20


def decompressed(exchange: Exchange) -> Exchange:
    """The exchange with decompressed bodies and without Content-Encoding headers.

    A body that is damaged, or in an encoding other than gzip and deflate, becomes empty. The field
    `why` of the exchange then says that the body is left out.
    """
    if not any(name == _HEADER for name, _ in (*exchange.request_headers, *exchange.answer_headers)):
        return exchange
    request, request_headers, request_loss = _decompressed(exchange.request_headers, exchange.request_body)
    answer, answer_headers, answer_loss = _decompressed(exchange.answer_headers, exchange.answer_body)
    return replace(
        exchange,
        request_headers=request_headers,
        request_body=request,
        answer_headers=answer_headers,
        answer_body=answer,
        why="; ".join(filter(None, (exchange.why, request_loss, answer_loss))),
    )


def _decompressed(headers: Headers, body: bytes) -> tuple[bytes, Headers, str]:
    """The decompressed body, the other headers, and a sentence if the body was removed."""
    coding = ", ".join(text for name, text in headers if name == _HEADER).strip().lower()
    if coding in ("", "identity"):
        return body, headers, ""
    other_headers = tuple((name, text) for name, text in headers if name != _HEADER)
    plain = _inflated(body) if coding in ("gzip", "x-gzip", "deflate") else None
    if plain is None:
        return b"", other_headers, f"a body of {len(body)} bytes in {coding} is left out"
    return plain, other_headers, ""


def _inflated(body: bytes) -> bytes | None:
    try:
        return zlib.decompressobj(_ZLIB_OR_GZIP).decompress(body, _MAX_BYTES)
    except zlib.error:
        return None
