"""Secrets in encodings that are rare in URLs and JSON are replaced, too."""

from __future__ import annotations

import quopri
import unicodedata
from base64 import b64encode
from collections.abc import Callable

import pytest

from workerkit.openapi.masking.encodings import may_be_encoded
from workerkit.openapi.masking.known_secrets import SecretIndex
from workerkit.openapi.masking.mask import Mask
from workerkit.openapi.masking.pseudonyms import Pseudonyms

SECRETS = ("Mật khẩu Ñandú", "Tr0ub4dor&3", "hunter2", "a1b2c3", "P/a+s=s w&o%20rd#1", "line1\nline2\ttab")


def in_base64(text: str) -> str:
    return b64encode(text.encode()).decode()


ENCODINGS: dict[str, Callable[[str], str]] = {
    "NFC": lambda secret: unicodedata.normalize("NFC", secret),
    "NFD": lambda secret: unicodedata.normalize("NFD", secret),
    "NFD in base64": lambda secret: in_base64(unicodedata.normalize("NFD", secret)),
    "hexadecimal": lambda secret: secret.encode().hex(),
    "bytes with colons": lambda secret: secret.encode().hex(":"),
    "bytes with spaces": lambda secret: secret.encode().hex(" ").upper(),
    "UTF-16 in hexadecimal": lambda secret: secret.encode("utf-16-le").hex(),
    "UTF-16 in hexadecimal, high bytes first": lambda secret: secret.encode("utf-16-be").hex(),
    "quoted-printable": lambda secret: quopri.encodestring(secret.encode()).decode(),
    "double base64": lambda secret: in_base64(in_base64(secret)),
    "spaces between the letters": " ".join,
    "UTF-8 read as Latin-1": lambda secret: secret.encode().decode("latin-1"),
    "bytes of Python": lambda secret: repr(secret.encode())[2:-1],
}


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_secret_in_a_rare_encoding_is_replaced(secret: str, encoding: str) -> None:
    form = ENCODINGS[encoding](secret)
    text = f"<{form}>"
    known = ("password", secret)
    assert form not in Mask([known], salt=b"s").text(text)
    assert form not in Pseudonyms([known], salt=b"s").text(text)
    index = SecretIndex()
    index.add([known])
    assert known in index.possible_secrets(text)


@pytest.mark.parametrize(
    "text",
    [
        "2025-12-01T10:00:00Z",
        "/api/v1/worker/tasks/00000000-0000-4000-8000-000000000027",
        "page=1&limit=100",
        "application/json; charset=utf-8",
        "the worker was at home",
    ],
)
def test_usual_texts_need_no_decoding(text: str) -> None:
    assert not may_be_encoded(text)


def test_a_part_of_a_uuid_is_no_secret() -> None:
    mask, uuid = Mask([("password", "00000000")], salt=b"s"), "00000000-0000-4000-8000-000000000027"
    assert mask.text(f"/tasks/{uuid}") == f"/tasks/{uuid}"
    assert "00000000" not in mask.text("it was 00000000")
    assert uuid not in Mask([("key", uuid)], salt=b"s").text(f"the key {uuid}")
