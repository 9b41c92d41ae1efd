from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import parse
from workerkit.openapi.masking import mask as mask_module
from workerkit.openapi.masking.common_words import is_common
from workerkit.openapi.masking.mask import Mask, Secret, secrets_in

SALT = b"a salt"
MASKS = re.compile(r"<(?:key|password|email|cookie) [0-9a-f]{8}>")
LONG = st.text(st.characters(codec="utf-8"), min_size=8, max_size=16).filter(
    lambda text: not is_common(text.strip())
)
SHORT = st.text("abXY019_äß-!?#$ +/&", min_size=4, max_size=7).filter(
    lambda text: text.strip() == text and not is_common(text)
)
ADDRESSES = st.from_regex(r"[a-z0-9][a-z0-9.+_-]{0,8}@[a-z]{1,8}(\.[a-z]{2,4}){1,2}", fullmatch=True)
# What may stand around a secret without being part of the same word.
BEFORE = st.sampled_from(["", " ", '"', "key=", "(", "%20", "%3d", "%C3%A9", "\\n", "\\u0020", "a:\\t", "/"])
AFTER = st.sampled_from(["", " ", '"', "&", ")", "%20", "\\n", "\\u0020", ", b", "/", "."])


def mask_of(*secrets: Secret, salt: bytes = SALT) -> Mask:
    return Mask(secrets, salt=salt)


def forms_of(secret: str) -> list[str]:
    """The text as clients write it: in URLs, in forms, in JSON, and in JSON inside JSON."""
    quoted = [
        quote(secret),
        quote(secret, safe=""),
        quote(secret, safe="!'()*"),
        quote_plus(secret),
    ]
    small = [re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), form) for form in quoted]
    in_json = [json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]]
    return [secret, *quoted, *small, *in_json, in_json[1].replace("/", "\\/"), json.dumps(in_json[1])[1:-1]]


# What is known


@settings(deadline=None)
@given(secret=LONG, before=st.text(max_size=5) | BEFORE, after=st.text(max_size=5) | AFTER)
@example(secret="hunter2hunter2", before="x", after="x")
@example(secret='pä"ss/wör\\d', before="%20", after="\\n")
def test_a_long_secret_survives_nowhere(secret: str, before: str, after: str) -> None:
    mask = mask_of(("password", secret))
    for form in forms_of(secret):
        assert form not in mask.text(f"{before}{form}{after}")


@settings(deadline=None)
@given(secret=SHORT, before=BEFORE, after=AFTER)
@example(secret="anna", before="%20", after="\\n")
@example(secret="xyz!", before="", after="")
def test_a_short_secret_survives_nowhere_as_a_word(secret: str, before: str, after: str) -> None:
    mask = mask_of(("password", secret))
    for form in forms_of(secret):
        assume(form not in before + after)
        assert MASKS.sub("", mask.text(f"{before}{form}{after}")) == before + after


CASES = st.sampled_from([str.upper, str.lower, str.swapcase, str.capitalize])


@settings(deadline=None)
@given(
    secret=st.text("abcXYZ\u00e4\u00d6\u03c3\u03a3019-!/ ", min_size=8, max_size=16),
    case=CASES,
    before=BEFORE,
    after=AFTER,
)
@example(secret="S3cr3tKey-XyZ", case=str.upper, before="x", after="x")
@example(secret="\u03a3\u03a3\u03a3\u03a3\u03a3\u03a3\u03a3\u03a3", case=str.swapcase, before="", after="/")
def test_a_secret_in_other_case_is_replaced(
    secret: str, case: Callable[[str], str], before: str, after: str
) -> None:
    assert case(secret) not in mask_of(("password", secret)).text(f"{before}{case(secret)}{after}")


@pytest.mark.parametrize("letter", ["\u212a", "\u0131", "\u0130", "\u1e9e", "\u017f", "\ufb05"])
def test_letters_without_a_partner_of_their_own_are_no_problem(letter: str) -> None:
    secret = f"pass{letter}word"
    masked = mask_of(("password", secret)).text(f"{letter * 3} {secret} {secret.upper()} {letter}")
    assert secret not in masked
    assert masked.startswith(letter * 3)


@pytest.mark.parametrize("case", [str.upper, str.lower])
@pytest.mark.parametrize("before", ["", "x", "xy"])
def test_a_key_in_other_case_is_also_found_in_base64_and_hexadecimal(
    case: Callable[[str], str], before: str
) -> None:
    mask, echoed = mask_of(("key", "S3cr3tKey-XyZ-98765")), case("S3cr3tKey-XyZ-98765")
    in_base64 = b64encode(f"{before}{echoed}".encode()).decode()
    assert in_base64[4:20] not in mask.text(in_base64)
    in_hex = f"{before}{echoed}".encode().hex()
    assert echoed.encode().hex() not in mask.text(in_hex)


def test_secrets_that_differ_only_in_case_are_replaced_differently() -> None:
    mask = mask_of(("password", "Passw0rd"), ("password", "passw0rd"))
    lower, upper, other = MASKS.findall(mask.text("passw0rd Passw0rd PASSW0RD"))
    assert lower != upper
    assert other in (lower, upper)


def test_a_short_secret_makes_no_holes_in_other_words() -> None:
    masked = mask_of(("password", "swan")).text("many swans saw a swan")
    assert MASKS.sub("*", masked) == "many swans saw a *"


@settings(deadline=None)
@given(address=ADDRESSES, before=BEFORE, after=AFTER)
@example(address="an+b@mail.example", before="%3d", after="%20")
def test_a_known_address_survives_nowhere(address: str, before: str, after: str) -> None:
    mask = mask_of(("email", address))
    for form in forms_of(address):
        assert form not in mask.text(f"{before}{form}{after}")


@settings(deadline=None)
@given(secret=LONG)
def test_the_same_secret_has_the_same_mask_however_it_is_written(secret: str) -> None:
    mask = mask_of(("password", secret))
    masked = {mask.text(form) for form in forms_of(secret)} | {mask.value({"password": secret})["password"]}
    assert len(masked) == 1
    assert MASKS.fullmatch(masked.pop())


@settings(deadline=None)
@given(one=LONG, other=LONG)
def test_different_secrets_have_different_masks(one: str, other: str) -> None:
    assume(one != other)
    mask = mask_of()
    assert mask.value({"password": one}) != mask.value({"password": other})


@settings(deadline=None, max_examples=40)
@given(one=LONG, other=LONG)
def test_of_two_secrets_that_overlap_neither_survives(one: str, other: str) -> None:
    mask = mask_of(("key", one), ("password", one + other), ("password", other))
    for text in (one, other, one + other, other + one, f"{one} {other}"):
        masked = mask.text(text)
        assert one not in masked
        assert other not in masked


def test_an_address_inside_another_is_told_from_it() -> None:
    mask = mask_of(("email", "an@mail.example"))
    known = mask.text("an@mail.example")
    for other in ("chan@mail.example", "ch.an@mail.example", "an@mail.example.org", "an@mail.examples"):
        assert MASKS.fullmatch(mask.text(other))
        assert mask.text(other) != known


def test_another_salt_makes_another_mask() -> None:
    one, other = (mask_of(salt=salt).value({"password": "x"}) for salt in (b"one", b"other"))
    assert one != other


@pytest.mark.parametrize("secret", ["password", "email", "api_key", "key"])
def test_a_secret_that_is_the_name_of_a_field_leaves_the_names_alone(secret: str) -> None:
    mask = mask_of(("password", secret))
    masked = mask.value({"password": secret, "email": "x"})
    assert list(masked) == ["password", "email"]
    assert MASKS.fullmatch(masked["password"])
    assert mask.text(f'{{"password": "{secret}"}}') == f'{{"password": "{masked["password"]}"}}'


def test_an_empty_secret_masks_nothing() -> None:
    assert mask_of(("password", "")).text("any text") == "any text"


@settings(deadline=None)
@given(text=st.text(st.characters(exclude_characters="@%'\""), max_size=40))
def test_a_text_without_secrets_stays_as_it_is(text: str) -> None:
    assert mask_of(("key", "server-01-key-of-mine")).text(text) == text


# What is secret by its field or its form


@pytest.mark.parametrize("name", ["password", "email", "api_key", "Password", "EMAIL"])
@settings(deadline=None)
@given(value=st.text(max_size=8) | st.integers() | st.floats(allow_nan=False))
def test_a_secret_field_is_masked_whatever_it_holds(name: str, value: Any) -> None:
    for around in ({name: value}, {"a": [{"b": {name: value}}]}, {name: [value]}, {name: {"new": value}}):
        masked = mask_of().value(around)
        assert MASKS.search(json.dumps(masked))
        assert MASKS.sub("", json.dumps(masked)) == json.dumps(emptied(around, name))


def emptied(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [emptied(member, name) for member in value]
    if isinstance(value, dict):
        return {key: emptied(member, name) for key, member in value.items()}
    return ""


@pytest.mark.parametrize("value", [None, True, False])
def test_a_secret_field_without_a_secret_shows_that(value: Any) -> None:
    assert mask_of().value({"password": value}) == {"password": value}


PIECES = [
    '{"password": "hunter2", "status": 1',
    '{"password":"hunter2',
    "{'id': 1, 'password': 'hunter2'}",
    '{"Password" : "hunter2"}',
    '{"api_key": "hunter2"}',
    '"{\\"password\\": \\"hunter2\\"}"',
    '{"a": "{\\"email\\": \\"hunter2',
    '{"password": "x\\"hunter2"}',
    '"{\\"password\\": \\"x\\\\\\"hunter2\\"}"',
    '{"password": "\\\\", "email": "hunter2"}',
]


@pytest.mark.parametrize("text", PIECES)
def test_a_secret_field_is_masked_in_a_text_too(text: str) -> None:
    assert "hunter2" not in mask_of().text(text)
    assert "hunter2" not in f"{mask_of().body(text.encode())}"


@pytest.mark.parametrize("secret", ["hunter2", 'a "quoted" one', "back\\slash", "pässwörd"])
def test_a_secret_field_in_a_text_has_the_mask_of_its_value(secret: str) -> None:
    plain, escaped = json.dumps({"password": secret}), json.dumps(json.dumps({"password": secret}))
    masked = mask_of().value({"password": secret})["password"]
    assert masked in mask_of().text(plain)
    assert masked in mask_of().text(escaped)


@settings(deadline=None)
@given(address=ADDRESSES)
@example(address="an+b@mail.example")
def test_whatever_looks_like_an_address_is_masked(address: str) -> None:
    mask = mask_of()
    masked = {
        mask.text(form) for form in (address, quote(address), quote(address, safe="+"), quote_plus(address))
    }
    assert len(masked) == 1
    assert MASKS.fullmatch(masked.pop())
    assert MASKS.sub("*", mask.text(f"from <{address}>, twice {address}.")) == "from <*>, twice *."


@pytest.mark.parametrize("text", ["user@host", "@", "a@", "@b.c", "5 @ 3.20", "@decorator.name"])
def test_what_is_no_address_stays(text: str) -> None:
    assert mask_of().text(text) == text


@pytest.mark.parametrize("name", ["x-api-key", "authorization", "cookie", "set-cookie"])
def test_a_secret_header_is_masked_as_a_whole(name: str) -> None:
    assert MASKS.fullmatch(mask_of().header(name, "Bearer hunter2"))


def test_another_header_is_masked_by_what_is_known() -> None:
    mask = mask_of(("key", "server-01-key"))
    assert (
        mask.header("referer", "http://h/?k=server-01-key&x=1")
        == f"http://h/?k={mask.text('server-01-key')}&x=1"
    )


def test_a_key_has_the_same_mask_in_its_header_and_elsewhere() -> None:
    mask = mask_of(("key", "server-01-key"))
    assert mask.header("x-api-key", "server-01-key") == mask.text("server-01-key")


@pytest.mark.parametrize(
    "text",
    [
        "password=hunter2",
        "/tasks?x=1&api_key=hunter2&y=2",
        "token=hunter2; x=1",
        "curl -H 'X-API-Key: hunter2' http://h",
        "authorization: Bearer hunter2",
        "Authorization: Basic hunter2",
    ],
)
def test_a_secret_is_masked_where_a_text_names_it(text: str) -> None:
    masked = mask_of().text(text)
    assert MASKS.sub("hunter2", masked) == text
    assert "hunter2" not in masked


@settings(deadline=None)
@given(secret=LONG.filter(lambda text: not {*text} & {"\0", "%", "\\"}))
@example(secret="pä ss/wör+d")
def test_a_secret_under_layers_of_encoding_is_not_shown(secret: str) -> None:
    mask = mask_of(("password", secret))
    twice = quote(quote(secret, safe=""), safe="")
    thrice = json.dumps(json.dumps(json.dumps(secret)))[1:-1]
    for form in (twice, thrice, quote(json.dumps(secret), safe=""), "\0".join(f"{secret} ")):
        masked = mask.text(f"so: {form}")
        assert MASKS.search(masked)
        assert form not in masked
        assert secret not in masked


@settings(deadline=None)
@given(secret=LONG, before=st.text(max_size=4), after=st.text(max_size=4))
def test_a_secret_in_base64_is_not_shown(secret: str, before: str, after: str) -> None:
    form = b64encode(f"{before}{secret}{after}".encode("utf-8", "replace")).decode()
    masked = mask_of(("key", secret)).text(f"Basic {form}")
    assert MASKS.search(masked)
    assert form not in masked


def test_a_mask_can_learn_more_secrets() -> None:
    one, other = mask_of(("key", "key-number-one")), mask_of(("key", "key-number-two"))
    text = "key-number-one, key-number-two"
    both = f"{one.text('key-number-one')}, {other.text('key-number-two')}"
    assert one.with_secrets([("key", "key-number-two")]).text(text) == both
    assert one.with_secrets_of(other).text(text) == both
    assert one.text(text) != both


def test_names_of_fields_are_masked_too() -> None:
    assert "an@mail.example" not in f"{mask_of().value({'an@mail.example': 1})}"


@pytest.mark.parametrize(
    "text",
    [
        "a" * 300_000,
        "a@" * 100_000,
        "%2Ba" * 80_000,
        "x@" + "a." * 100_000,
        '"password":"' * 20_000,
        '\\"password\\":\\"' * 20_000,
        "'password'" + " " * 300_000,
    ],
)
def test_a_long_text_is_masked_to_its_end(text: str) -> None:
    assert "server-01-key" not in mask_of(("key", "server-01-key")).text(f"{text} server-01-key")


# Bodies


def test_no_body_is_none() -> None:
    assert mask_of().body(b"") is None


def test_a_body_that_is_no_json_is_shown_as_text() -> None:
    assert mask_of().body(b"a=\xff&b=1") == "a=\\xff&b=1"


@pytest.mark.parametrize("levels", [200, 201, 600, 1024, 5000])
def test_a_body_of_any_depth_is_masked(levels: int) -> None:
    body = b"[" * levels + b'"server-01-key"' + b"]" * levels
    assert "server-01-key" not in f"{mask_of(('key', 'server-01-key')).body(body)}"


# Whole exchanges

TEXTS = st.text("abcdefgXYZ0189 äß%+/\"\\'<>&=-_.", min_size=10, max_size=16)


@settings(deadline=None)
@given(key=TEXTS, password=TEXTS, unknown=TEXTS, address=ADDRESSES)
def test_no_secret_of_an_exchange_survives(key: str, password: str, unknown: str, address: str) -> None:
    assume(len({key, password, unknown}) == 3)
    known = mask_of(("key", key), ("password", password), ("email", address))
    inner = json.dumps({"password": unknown, "note": [password, key]})
    answer = {
        "data": [{"email": address, "password": unknown, "config": inner, "about": f"{key}, {address}"}]
    }
    exchange = Exchange(
        number=3,
        operation="listTasks",
        server="server-01",
        method="GET",
        path=f"/api/v1/worker/{quote(key, safe='')}",
        query=f"q={quote_plus(password)}&r={quote(address)}",
        request_headers=(("x-api-key", unknown), ("referer", f"http://h/{quote(key)}")),
        request_body=inner.encode(),
        status=400,
        answer_headers=(("set-cookie", unknown), ("x-note", password)),
        answer_body=json.dumps(answer, ensure_ascii=False).encode(),
        began=1_764_583_200.0,
        ended=1_764_583_200.25,
        why=f"body: {inner} is not allowed",
    )
    masked = [json.dumps(known.exchange(exchange), ensure_ascii=False), known.line(exchange)]
    for secret in (key, password, unknown, address):
        for form in forms_of(secret):
            assert form not in masked[0]
            assert form not in masked[1]


def plain_exchange(**fields: Any) -> Exchange:
    values: dict[str, Any] = {
        "number": 7,
        "operation": "heartbeat",
        "server": "server-01",
        "method": "POST",
        "path": "/api/v1/worker/health",
        "query": "",
        "request_headers": (("content-type", "application/json"),),
        "request_body": b'{"ip": "10.0.0.1"}',
        "status": 200,
        "answer_headers": (),
        "answer_body": b"oops",
        "began": 1_764_583_200.0,
        "ended": 1_764_583_200.25,
    }
    return Exchange(**{**values, **fields})


def test_an_exchange_without_secrets_is_shown_as_it_was() -> None:
    assert mask_of().exchange(plain_exchange(why="because")) == {
        "number": 7,
        "time": "2025-12-01T10:00:00Z",
        "seconds": 0.25,
        "operation": "heartbeat",
        "server": "server-01",
        "method": "POST",
        "path": "/api/v1/worker/health",
        "query": "",
        "request": {"headers": [["content-type", "application/json"]], "body": {"ip": "10.0.0.1"}},
        "status": 200,
        "answer": {"headers": [], "body": "oops"},
        "why": "because",
    }


def test_a_key_that_is_nobodys_is_a_secret_of_its_exchange() -> None:
    exchange = plain_exchange(
        request_headers=(("x-api-key", "a-wrong-key"), ("authorization", "Bearer another-key")),
        path="/api/v1/worker/a-wrong-key",
        request_body=b'{"ip": "another-key"}',
        why="the API key a-wrong-key is no server's",
    )
    mask = mask_of()
    masked = json.dumps(mask.exchange(exchange)) + mask.line(exchange)
    assert "a-wrong-key" not in masked
    assert "another-key" not in masked


def test_a_body_in_an_encoding_of_its_own_is_not_shown() -> None:
    exchange = plain_exchange(answer_headers=(("content-encoding", "x-rot13"),), answer_body=b"uhagre2")
    assert mask_of().exchange(exchange)["answer"]["body"] == "(7 bytes, encoded)"


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, "POST /api/v1/worker/health -> 200"),
        ({"query": "a=1"}, "POST /api/v1/worker/health?a=1 -> 200"),
        ({"status": 401, "why": "no key"}, "POST /api/v1/worker/health -> 401: no key"),
        ({"status": None}, "POST /api/v1/worker/health -> no answer"),
    ],
)
def test_an_exchange_fits_on_a_line(fields: dict[str, Any], line: str) -> None:
    assert mask_of().line(plain_exchange(**fields)) == f"#7 2025-12-01T10:00:00Z {line}"


def test_a_clock_that_went_back_makes_no_negative_seconds() -> None:
    assert mask_of().exchange(plain_exchange(ended=1_764_583_199.0))["seconds"] == 0


@settings(deadline=None)
@given(password=st.text(), address=st.text(), key=st.text())
def test_secrets_are_found_by_their_fields_wherever_they_stand(password: str, address: str, key: str) -> None:
    value = {
        "data": [{"password": password, "about": "x"}, [{"nested": {"Email": address}}]],
        "api_key": key,
        "email": 5,
        "note": "password",
    }
    assert sorted(secrets_in(value)) == sorted([("password", password), ("email", address), ("key", key)])


def exchange_with_key(key: str, body: bytes) -> Exchange:
    return Exchange(
        number=1,
        operation=None,
        server=None,
        method="POST",
        path="/tasks",
        query="",
        request_headers=(("host", "localhost"), ("x-api-key", key)),
        request_body=body,
        status=401,
        answer_headers=(),
        answer_body=b'{"success":false,"error":"unauthorized"}',
        began=0.0,
        ended=0.0,
    )


def test_an_unknown_key_needs_a_pattern_only_if_the_exchange_shows_it_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[object] = []
    pattern = mask_module._SecretPattern
    monkeypatch.setattr(mask_module, "_SecretPattern", lambda *parts: made.append(parts) or pattern(*parts))  # type: ignore[func-returns-value]
    mask = mask_of()
    for number in range(50):
        exchange = exchange_with_key(f"wrong-key-{number:04}", b'{"cpu_usage": 1}')
        assert f"wrong-key-{number:04}" not in json.dumps(mask.exchange(exchange))
    assert not made
    for shown in ("wrong-key-x", b"wrong-key-x".hex(), b64encode(b"me:wrong-key-x").decode()):
        exchange = exchange_with_key("wrong-key-x", json.dumps({"note": f"with {shown}"}).encode())
        assert shown not in json.dumps(mask.exchange(exchange))
    assert len(made) == 1  # the pattern is kept


@given(st.recursive(SHORT | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(SHORT, inner)))
@example(["a@mail.example"] * 100)
@example({"data": [{"password": "hunter2hunter2", "about": "hunter2hunter2"}] * 100})
@example({"password": {"old": ["hunter2hunter2"]}, "text": "x" * 3000})
@example(-(2**63) - 1)  # is a double in the exchange and in the oracle
def test_a_large_body_in_steps_is_masked_like_a_small_one(value: Any) -> None:
    mask, body = mask_of(("password", "hunter2hunter2")), json.dumps([value, "x" * 3000]).encode()
    masked = mask.exchange(exchange_with_key("", body))["request"]["body"]
    assert masked == mask.value(parse(body))
