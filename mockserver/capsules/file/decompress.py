"""Decompresses the bodies of exchanges: the kit cannot see secrets in a compressed body.

It also writes text in other charsets as UTF-8 without a byte order mark, for the same reason.
"""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Callable
from dataclasses import replace

import brotli  # type: ignore[import-untyped]  # it has no type information
import zstandard

from workerkit.mockserver.capsules.file.capsule import LEFT_OUT, REQUEST_LEFT_OUT
from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.formats.media_type import is_json_type

_ENCODING_HEADER, _TYPE_HEADER = "content-encoding", "content-type"
_ZLIB_OR_GZIP, _RAW_DEFLATE = 47, -15
_MAX_BYTES = 64 * 2**20
_ZSTD_PART_BYTES = 1024
# UTF-32 comes first: its byte order mark begins with the one of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
# JSON begins with two ASCII characters. 1 marks a zero byte among the first four bytes.
_ZERO_BYTES = {
    bytes((0, 1, 1, 1)): "utf-32-le",
    bytes((1, 1, 1, 0)): "utf-32-be",
    bytes((0, 1, 0, 1)): "utf-16-le",
    bytes((1, 0, 1, 0)): "utf-16-be",
}


def decompressed(exchange: Exchange) -> Exchange:
    """The exchange with decompressed bodies in UTF-8, and without Content-Encoding headers.

    The encodings gzip, deflate, br and zstd are known. A body that is damaged, in another encoding, or longer
    than 64 MiB becomes empty. So does an accepted JSON body of a request that is not in its charset: some
    servers read other characters in place of the wrong bytes. The field `why` of the exchange then says that
    the body is left out.
    """
    request, request_headers, request_loss = _plain(exchange.request_headers, exchange.request_body)
    answer, answer_headers, answer_loss = _plain(exchange.answer_headers, exchange.answer_body)
    if exchange.accepted and _is_broken_json(request, request_headers):
        request_loss = (
            f"{len(request)} bytes are not text in UTF-8, and each server reads them in its own way"
        )
        request = b""
    if request is exchange.request_body and answer is exchange.answer_body:
        return replace(exchange, request_headers=request_headers, answer_headers=answer_headers)
    losses = (
        f"{REQUEST_LEFT_OUT}: {request_loss}" if request_loss else "",
        f"{LEFT_OUT}: {answer_loss}" if answer_loss else "",
    )
    return replace(
        exchange,
        request_headers=request_headers,
        request_body=request,
        answer_headers=answer_headers,
        answer_body=answer,
        why="; ".join(filter(None, (exchange.why, *losses))),
    )


def _plain(headers: Headers, body: bytes) -> tuple[bytes, Headers, str]:
    """The body as UTF-8, the headers that fit it, and a sentence if the body was removed."""
    codings = [
        coding.strip()
        for name, text in headers
        if name == _ENCODING_HEADER
        for coding in text.lower().split(",")
    ]
    other_headers = (
        tuple(header for header in headers if header[0] != _ENCODING_HEADER) if codings else headers
    )
    decoded: bytes | None = body
    for coding in reversed(codings if body else []):
        decoded = None if decoded is None else _decoded(coding, decoded)
    if decoded is None:
        return b"", other_headers, f"{len(body)} bytes in {', '.join(codings)} cannot be decoded"
    return *_in_utf8(decoded, other_headers), ""


def _decoded(coding: str, body: bytes) -> bytes | None:
    """The body without one encoding. None if it is damaged, too long, or in an unknown encoding."""
    if coding in ("", "identity"):
        return body
    decode = _DECODERS.get(coding)
    try:
        plain = None if decode is None else decode(body)
    except (zlib.error, brotli.error, zstandard.ZstdError):
        return None
    return plain if plain is not None and len(plain) <= _MAX_BYTES else None


def _inflate(body: bytes) -> bytes | None:
    """Some servers send deflate without the zlib header that the HTTP standard demands."""
    try:
        return _decompress_zlib(body, _ZLIB_OR_GZIP)
    except zlib.error:
        return _decompress_zlib(body, _RAW_DEFLATE)


def _gunzip(body: bytes) -> bytes | None:
    return _decompress_zlib(body, _ZLIB_OR_GZIP)


def _decompress_zlib(body: bytes, window_bits: int) -> bytes | None:
    decompressor = zlib.decompressobj(window_bits)
    plain = decompressor.decompress(body, _MAX_BYTES + 1)
    return plain if decompressor.eof else None


def _unbrotli(body: bytes) -> bytes | None:
    decompressor = brotli.Decompressor()
    plain: bytes = decompressor.process(body, output_buffer_limit=_MAX_BYTES + 1)
    return plain if decompressor.is_finished() else None


def _unzstd(body: bytes) -> bytes | None:
    """Decompresses short parts one by one, because each part may become very long."""
    decompressor, plain = zstandard.ZstdDecompressor().decompressobj(), bytearray()
    for start in range(0, len(body), _ZSTD_PART_BYTES):
        plain += decompressor.decompress(body[start : start + _ZSTD_PART_BYTES])
        if decompressor.eof or len(plain) > _MAX_BYTES:
            break
    return bytes(plain) if decompressor.eof else None


_DECODERS: dict[str, Callable[[bytes], bytes | None]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _inflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}


def _in_utf8(body: bytes, headers: Headers) -> tuple[bytes, Headers]:
    """Text in UTF-8 without a byte order mark, and headers that name this charset."""
    charset = _charset(body, dict(headers).get(_TYPE_HEADER, ""))
    if charset is None:
        return body, headers
    try:
        plain = body.decode(charset).encode()
    except (UnicodeError, LookupError):
        return body, headers
    return plain, tuple(
        (name, text.partition(";")[0] if name == _TYPE_HEADER else text) for name, text in headers
    )


def _is_broken_json(body: bytes, headers: Headers) -> bool:
    """Whether a body that should be JSON has bytes that are not UTF-8."""
    return is_json_type(dict(headers).get(_TYPE_HEADER, "")) and not _is_utf8(body)


def _charset(body: bytes, content_type: str) -> str | None:
    """The charset of a text. None for UTF-8 without a byte order mark, and for a body that is no text."""
    if not body or not is_json_type(content_type):
        return None
    by_mark = next((charset for mark, charset in _BYTE_ORDER_MARKS if body.startswith(mark)), None)
    by_zeros = _ZERO_BYTES.get(bytes(byte == 0 for byte in body[:4]))
    return by_mark or by_zeros or (None if _is_utf8(body) else _named_charset(content_type))


def _named_charset(content_type: str) -> str | None:
    _, _, charset = content_type.lower().partition("charset=")
    return charset.partition(";")[0].strip(" \"'") or None


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
