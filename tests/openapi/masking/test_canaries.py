"""Puts secrets into texts and exchanges, in every encoding, and searches for them in the masked results."""

from __future__ import annotations

import html
import json
import re
import time
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus, unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking.common_words import is_common
from workerkit.openapi.masking.encodings import base64_fragments, decodings
from workerkit.openapi.masking.literal_regex import regex_of_any
from workerkit.openapi.masking.mask import Mask

MASKS = re.compile(r"<(?:key|password|email|cookie) [0-9a-f]{8}>")
RUN = re.compile(r"[A-Za-z0-9+/_-]{6,}")
# Hypothesis also tries texts of the code, such as ACCOUNT_ID. Common words are masked in their fields only.
WORDS = st.text("abcdefghijkXYZ0189", min_size=10, max_size=20).filter(lambda word: not is_common(word))
PASSWORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=9, max_size=16
).filter(lambda word: not is_common(word))
ADDRESSES = st.from_regex(r"canary[a-z0-9.]{1,6}[a-z0-9]@[a-z]{3,8}\.example", fullmatch=True)


def finds_secret(secret: str, text: str) -> bool:
    """True if the secret is in a text, or in any decoding of the text."""
    text = MASKS.sub(" ", text)
    seen = {text}
    for _ in range(4):
        seen |= {decode(seen_text) for seen_text in seen for decode in (unquote, html.unescape, _unescaped)}
    escaped = {json.dumps(secret, ensure_ascii=pure)[1:-1] for pure in (True, False)}
    forms = {secret, quote(secret, safe=""), *escaped}
    if any(secret.encode().hex() in seen_text.lower() for seen_text in seen):
        return True
    return any(
        secret in seen_text or any(_in_base64(form.encode(), seen_text) for form in forms)
        for seen_text in seen
    )


def _unescaped(text: str) -> str:
    plain = re.sub(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", _letter, text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _letter(found: re.Match[str]) -> str:
    return found[3] or chr(int(found[1] or found[2], 16))


def _in_base64(secret: bytes, text: str) -> bool:
    for run in RUN.findall(text):
        plain = run.replace("-", "+").replace("_", "/")
        for begin in range(4):
            part = plain[begin:]
            if secret in b64decode(part[: len(part) - len(part) % 4]):
                return True
            if len(part) % 4 > 1 and secret in b64decode(part + "=" * (-len(part) % 4)):
                return True
    return False


def percents(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def javascript_escape(letter: str) -> str:
    return f"\\x{ord(letter):02x}" if ord(letter) < 256 else unicode_escapes(letter)


def unicode_escapes(text: str) -> str:
    units = text.encode("utf-16-be")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02X}" for i in range(0, len(units), 2))


ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "quoted": quote,
    "quoted wholly": lambda secret: quote(secret, safe=""),
    "as a form": quote_plus,
    "every byte quoted": percents,
    "quoted in small letters": lambda secret: percents(secret).lower(),
    "quoted twice": lambda secret: quote(percents(secret)),
    "escaped": lambda secret: json.dumps(secret)[1:-1],
    "escaped twice": lambda secret: json.dumps(json.dumps(secret))[1:-1],
    "escaped and quoted": lambda secret: quote(json.dumps(secret)[1:-1], safe=""),
    "every letter escaped": unicode_escapes,
    "every letter escaped twice": lambda secret: json.dumps(unicode_escapes(secret))[1:-1],
    "escaped as in JavaScript": lambda secret: "".join(map(javascript_escape, secret)),
    "in HTML": lambda secret: html.escape(secret),
    "in HTML by numbers": lambda secret: "".join(f"&#{ord(each)};" for each in secret),
    "in HTML and quoted": lambda secret: quote(html.escape(secret), safe=""),
    "hexadecimal": lambda secret: secret.encode().hex(),
    "hexadecimal in capitals": lambda secret: f"0x{secret.encode().hex().upper()}0A",
    "base64": lambda secret: b64encode(secret.encode()).decode(),
    "base64 for URLs": lambda secret: urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    "base64 behind one byte": lambda secret: b64encode(b"x" + secret.encode() + b"yz").decode(),
    "base64 behind two bytes": lambda secret: b64encode(b"id" + secret.encode() + b"y").decode(),
    "base64 of a pair": lambda secret: b64encode(f"worker:{secret}".encode()).decode(),
    "base64 of JSON": lambda secret: b64encode(json.dumps({"a": secret}).encode()).decode(),
    "base64 of JSON as it is": lambda s: b64encode(
        json.dumps({"ab": s}, ensure_ascii=False).encode()
    ).decode(),
    "base64 of a query": lambda secret: b64encode(f"q={quote(secret, safe='')}".encode()).decode(),
    "base64 in a URL": lambda secret: quote(b64encode(b"k=" + secret.encode()).decode(), safe=""),
    "base64 in escaped JSON": lambda s: b64encode(b"k" + s.encode()).decode().replace("/", "\\/"),
}
ENCODING = st.sampled_from(sorted(ENCODINGS))
# An unknown address is masked in these encodings only. It is not found in base64 or hexadecimal digits.
IN_LETTERS = sorted(name for name in ENCODINGS if not {"base64", "hexadecimal"} & {*name.split()})
BORDERS = st.sampled_from(["", " ", "/", '"', "=", "&", "%20", "\\n", "(", ">", ", "])


# In a text


@settings(max_examples=400, deadline=None)
@given(secret=PASSWORDS | WORDS, encoding=ENCODING, before=BORDERS, after=BORDERS)
@example(secret="pass-00c0ffee00", encoding="base64 behind two bytes", before="", after="")
@example(secret="a+b/c=d?e>f~g", encoding="base64 in a URL", before="", after="")
@example(secret='quo"te\\back/slash', encoding="escaped twice", before="", after="")
def test_no_decoding_finds_a_known_secret(secret: str, encoding: str, before: str, after: str) -> None:
    mask = Mask([("password", secret)], salt=b"s")
    form = ENCODINGS[encoding](secret)
    assert finds_secret(secret, form)
    assert not finds_secret(secret, mask.text(f"x{before}{form}{after}y"))


@settings(max_examples=150, deadline=None)
@given(address=ADDRESSES, encoding=ENCODING)
def test_no_decoding_finds_a_known_address(address: str, encoding: str) -> None:
    mask = Mask([("email", address)], salt=b"s")
    assert not finds_secret(address, mask.text(f"from {ENCODINGS[encoding](address)} to"))


@settings(max_examples=100, deadline=None)
@given(
    address=ADDRESSES, encoding=ENCODING.filter(lambda name: not {"base64", "hexadecimal"} & {*name.split()})
)
def test_no_decoding_but_base64_and_hex_finds_an_address_that_nobody_knows(
    address: str, encoding: str
) -> None:
    assert not finds_secret(address, Mask([], salt=b"s").text(f"from {ENCODINGS[encoding](address)} to"))


@given(secret=WORDS, encoding=ENCODING)
def test_the_mask_is_the_same_in_every_encoding(secret: str, encoding: str) -> None:
    mask = Mask([("key", secret)], salt=b"s")
    assert MASKS.findall(mask.text(ENCODINGS[encoding](secret))) == [mask.text(secret)]


@given(secret=WORDS)
def test_only_what_hides_a_secret_is_shown_without_its_encoding(secret: str) -> None:
    mask = Mask([("key", secret)], salt=b"s")
    assert mask.text("a%20b%2Fc \\n \\u0041") == "a%20b%2Fc \\n \\u0041"
    assert mask.text(f"a%20{percents(secret)}") == f"a {mask.text(secret)}"


@given(before=st.binary(max_size=7), secret=st.binary(min_size=5, max_size=20), after=st.binary(max_size=7))
def test_a_form_for_each_alignment_is_in_the_base_64_of_whatever_holds_it(
    before: bytes, secret: bytes, after: bytes
) -> None:
    text = secret.decode("latin-1")
    whole = b64encode(before + text.encode() + after).decode()
    assert any(form in whole for form in base64_fragments(text))


@given(text=st.text(max_size=30))
def test_what_is_decoded_can_be_encoded(text: str) -> None:
    for decoded in (*decodings(text), *decodings(unicode_escapes(text.encode("utf-8", "replace").decode()))):
        assert decoded.encode("utf-8").decode() == decoded


# In an exchange


def exchange(**fields: Any) -> Exchange:
    values: dict[str, Any] = {
        "number": 1,
        "operation": None,
        "server": None,
        "method": "POST",
        "path": "/api",
        "query": "",
        "request_headers": (),
        "request_body": b"",
        "status": 401,
        "answer_headers": (),
        "answer_body": b"",
        "began": 1_764_583_200.0,
        "ended": 1_764_583_200.25,
    }
    return Exchange(**{**values, **fields})


PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    "path": lambda form: {"path": f"/api/{form}/x"},
    "query": lambda form: {"query": f"a=1&b={form}"},
    "header": lambda form: {"request_headers": (("x-note", f"v={form}"),)},
    "answer's header": lambda form: {"answer_headers": (("location", f"/{form}"),)},
    "text": lambda form: {"request_body": f"log: {form}\n".encode()},
    "form": lambda form: {"request_body": f"a=b&note={form}&c=d".encode()},
    "cut JSON": lambda form: {"request_body": f'{{"logs": [{{"message": "{form}", "x'.encode()},
    "JSON": lambda form: {"request_body": json.dumps({"a": [{"note": f"was {form}"}]}).encode()},
    "JSON's name": lambda form: {"answer_body": json.dumps({f"x {form}": 1}).encode()},
    "why": lambda form: {"why": f"body/x: {form} is not allowed"},
    "NULs between": lambda form: {"request_body": form.encode("utf-16-le")},
}
PLACE = st.sampled_from(sorted(PLACES))


@settings(max_examples=400, deadline=None)
@given(secret=WORDS, encoding=ENCODING, place=PLACE, known=st.booleans())
def test_a_key_known_or_not_is_nowhere_in_an_exchange(
    secret: str, encoding: str, place: str, known: bool
) -> None:
    """If the mask does not know the key, it learns the key from the header of the same request."""
    mask = Mask([("key", secret)] if known else [("key", "server-01-key")], salt=b"s")
    fields = PLACES[place](ENCODINGS[encoding](secret))
    fields["request_headers"] = (*fields.get("request_headers", ()), ("x-api-key", secret))
    masked = mask.exchange(exchange(**fields))
    assert not finds_secret(secret, json.dumps(masked))
    assert not any(finds_secret(secret, text) for text in texts_in(masked))
    assert not finds_secret(secret, mask.line(exchange(**fields)))


def texts_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for pair in value.items() for member in pair for text in texts_in(member)]
    if isinstance(value, list):
        return [text for member in value for text in texts_in(member)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("scheme", ["Bearer", "Basic", "bearer"])
def test_the_word_behind_a_scheme_is_a_key_of_its_own(scheme: str) -> None:
    headers = (("authorization", f"{scheme} canary-0123456"),)
    masked = Mask([], salt=b"s").exchange(exchange(request_headers=headers, why="canary-0123456 again"))
    assert "canary" not in json.dumps(masked)


@pytest.mark.parametrize(
    "text",
    [
        "/tasks?api_key=CANARY1&x=1",
        "apikey=CANARY1",
        "a=1&token=CANARY1",
        "password=CANARY1;x",
        "api%5Fkey=CANARY1",
        "> X-API-Key: CANARY1",
        "Authorization: Bearer CANARY1",
        "Authorization: Basic CANARY1",
        '{"X-API-Key": "CANARY1"}',
        '{"headers": {"Authorization": "CANARY1',
    ],
)
def test_a_secret_that_nobody_knows_is_known_by_its_name(text: str) -> None:
    assert "CANARY1" not in Mask([], salt=b"s").text(text)


@pytest.mark.parametrize(
    "text", ["a=1&limit=5", "body/password: is required", "x-api-key is missing", "task 5: ok"]
)
def test_a_name_without_a_secret_stays(text: str) -> None:
    assert Mask([], salt=b"s").text(text) == text


def test_a_body_that_is_compressed_is_not_shown() -> None:
    fields = {"request_headers": (("content-encoding", "gzip"),), "request_body": b"\x1f\x8bCANARY1"}
    masked = Mask([], salt=b"s").exchange(exchange(**fields))
    assert masked["request"]["body"] == "(9 bytes, encoded)"


def test_a_value_under_a_secret_field_is_masked_whatever_it_is() -> None:
    mask = Mask([], salt=b"s")
    assert "CANARY1" not in str(mask.value_in_fields(["body", "logs", "0", "Password"], {"a": ["CANARY1"]}))
    assert mask.value_in_fields(["body", "note"], "plain") == "plain"


def test_a_mask_that_learns_still_knows_what_it_knew() -> None:
    one = Mask([("key", "first-secret")], salt=b"s")
    both = one.with_secrets([("key", "second-secret"), ("key", "first-secret")])
    joined = one.with_secrets_of(Mask([("key", "second-secret")], salt=b"s"))
    assert both.text("first-secret second-secret") == joined.text("first-secret second-secret")
    assert "secret" not in both.text("first-secret second-secret")
    assert one.text("second-secret") == "second-secret"


# The pattern


@given(
    texts=st.lists(st.text("abc(.", min_size=1, max_size=5), min_size=1, max_size=30),
    text=st.text("abc(.", max_size=20),
)
def test_the_pattern_finds_what_any_of_the_texts_would_find(texts: list[str], text: str) -> None:
    slow = "|".join(map(re.escape, sorted(texts, key=len, reverse=True)))
    assert re.findall(regex_of_any(texts), text) == re.findall(slow, text)


def test_texts_that_grow_out_of_each_other_are_not_too_much_for_the_pattern() -> None:
    texts = ["a" * length for length in range(1, 1500)]
    assert re.fullmatch(regex_of_any(texts), "a" * 1499)


@pytest.mark.parametrize("count", [10, 500])
def test_ten_thousand_exchanges_are_masked_in_seconds(count: int) -> None:
    known = [("password", f"pass-{n * 7919:010x}") for n in range(count)]
    known += [("email", f"user{n}@mail{n % 7}.example") for n in range(count)]
    mask = Mask([("key", "server-01-key"), *known], salt=b"s")
    task = {"id": "1ab1c42f-c52f-4fbe-8d19-821f947810d8", "email": "user3@mail3.example", "status": "running"}
    asked = exchange(
        path="/api/v1/worker/tasks/1ab1c42f-c52f-4fbe-8d19-821f947810d8",
        request_headers=(("host", "h"), ("user-agent", "u"), ("x-api-key", "server-01-key")),
        request_body=b'{"status": "running", "note": "for the third time"}',
        answer_body=json.dumps({"success": True, "data": task}).encode(),
    )
    began = time.process_time()
    for _ in range(2_000):
        mask.exchange(asked)
    assert (time.process_time() - began) * 5 < 10
