"""Bodies in any encoding and charset become UTF-8. What cannot be decoded is nobody's fault."""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tests.openapi.masking.test_canaries import exchange
from workerkit.contracts.relations.violations import violations
from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.file.decompress import decompressed
from workerkit.mockserver.capsules.replay.matching import AnswerSource, Matcher
from workerkit.mockserver.capsules.replay.worker_replay import IncompleteCapsuleError, replay_to_worker
from workerkit.openapi.exchange import Exchange

ANSWER = json.dumps({"success": True, "created": 1, "note": "Tiếng Việt"}, ensure_ascii=False)


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "GZIP": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": raw_deflate,
    "br": brotli.compress,
    "zstd": zstandard.compress,
    "gzip, br": lambda data: brotli.compress(gzip.compress(data)),
    "identity": bytes,
}


def answered(body: bytes, content_type: str = "application/json", coding: str = "") -> Exchange:
    headers = (("content-type", content_type), *((("content-encoding", coding),) if coding else ()))
    return replace(
        exchange(
            operation="sendLogs",
            method="POST",
            path="/api/v1/worker/logs",
            query="",
            request_headers=(("content-type", "application/json"),),
            request_body=b'{"logs": [{"level": "INFO", "message": "x"}]}',
            status=200,
            answer_headers=headers,
            answer_body=body,
        ),
        why="",
    )


@pytest.mark.parametrize("coding", ENCODERS)
@given(body=st.binary(max_size=200))
def test_every_encoding_is_decoded(coding: str, body: bytes) -> None:
    plain = decompressed(answered(ENCODERS[coding](body), "application/octet-stream", coding))
    assert (plain.answer_body, plain.why) == (body, "")
    assert "content-encoding" not in dict(plain.answer_headers)


@pytest.mark.parametrize(
    ("charset", "content_type"),
    [
        ("utf-8-sig", "application/json"),
        ("utf-16", "application/json; charset=utf-16"),
        ("utf-16-le", "application/json"),
        ("utf-16-be", "application/problem+json"),
        ("utf-32", "application/json"),
        ("utf-32-be", "application/json"),
        ("cp1258", 'application/json; charset="windows-1258"'),
    ],
)
def test_json_in_every_charset_becomes_utf_8(charset: str, content_type: str) -> None:
    text = ANSWER if charset != "cp1258" else '{"note": "é"}'
    plain = decompressed(answered(gzip.compress(text.encode(charset)), content_type, "gzip"))
    assert plain.answer_body.decode() == text
    assert dict(plain.answer_headers)["content-type"] == content_type.partition(";")[0]


def test_other_bodies_keep_their_bytes() -> None:
    image = answered(b"\xff\xfe\x00\x01", "image/png")
    assert decompressed(image) == image
    plain = answered(ANSWER.encode(), "application/json; charset=utf-8")
    assert decompressed(plain) == plain


LEFT_OUT = {
    "compress": b"\x1f\x9d\x90",
    "gzip": gzip.compress(ANSWER.encode())[:-9],
    "deflate": b"\xff\xff",
    "br": brotli.compress(ANSWER.encode())[:-4],
    "zstd": zstandard.compress(ANSWER.encode())[:-4],
}


@pytest.mark.parametrize("coding", LEFT_OUT)
def test_a_body_that_cannot_be_decoded_is_no_fault_of_the_server(coding: str) -> None:
    compressed = LEFT_OUT[coding]
    plain = decompressed(answered(compressed, coding=coding))
    assert plain.answer_body == b""
    assert plain.why == (
        f"the answer's body is left out: {len(compressed)} bytes in {coding} cannot be decoded"
    )
    assert violations(plain) == ()
    recorded = RecordedExchange(plain)
    now = RecordedExchange(answered(ANSWER.encode()))
    assert Matcher(AnswerSource.RECONSTRUCTION).difference(recorded, now) is None


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_a_small_body_that_becomes_very_long_is_left_out(coding: str) -> None:
    zeros = bytes(64 * 2**20 + 1)
    bomb = brotli.compress(zeros, quality=1) if coding == "br" else ENCODERS[coding](zeros)
    plain = decompressed(answered(bomb, coding=coding))
    assert (plain.answer_body, "is left out" in plain.why) == (b"", True)


def test_an_answer_that_is_left_out_is_not_given_to_a_worker() -> None:
    plain = decompressed(answered(LEFT_OUT["compress"], coding="compress"))
    capsule = Capsule(plain.began, (RecordedExchange(plain),))
    with pytest.raises(
        IncompleteCapsuleError, match=r"exchange 1 .POST /api/v1/worker/logs.: the answer's body"
    ):
        replay_to_worker(capsule, [sys.executable, "-c", ""], time_limit=5)
