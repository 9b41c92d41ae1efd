"""Pseudonyms: they leave no secret in any encoding, and they keep equal secrets equal."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from dataclasses import astuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.openapi.masking.test_canaries import (
    ADDRESSES,
    ENCODING,
    ENCODINGS,
    PASSWORDS,
    PLACE,
    PLACES,
    WORDS,
    exchange,
    finds_secret,
    percents,
)
from workerkit.openapi.masking.pseudonyms import Pseudonyms, secrets_of

SALT = b"s"
KINDS = ("key", "password", "email")


SECRETS = PASSWORDS | WORDS


def pseudonyms_of(*secrets: tuple[str, str], salt: bytes = SALT) -> Pseudonyms:
    return Pseudonyms(secrets, salt=salt)


@settings(max_examples=150, deadline=None)
@given(secret=SECRETS, encoding=ENCODING, place=PLACE)
def test_a_secret_is_nowhere_in_an_exchange_in_any_encoding(secret: str, encoding: str, place: str) -> None:
    fields = PLACES[place](ENCODINGS[encoding](secret))
    clean = pseudonyms_of(("password", secret)).without_secrets(exchange(**fields))
    assert not finds_secret(secret, json.dumps(astuple(clean), default=repr))


@settings(max_examples=60, deadline=None)
@given(address=ADDRESSES, encoding=ENCODING)
def test_an_address_is_nowhere_in_a_text(address: str, encoding: str) -> None:
    assert not finds_secret(
        address, pseudonyms_of(("email", address)).text(f"from {ENCODINGS[encoding](address)} to")
    )


@settings(max_examples=60, deadline=None)
@given(secrets=st.lists(WORDS, min_size=1, max_size=8), kind=st.sampled_from(KINDS))
def test_equal_stays_equal_and_different_stays_different(secrets: list[str], kind: str) -> None:
    words = pseudonyms_of(*((kind, secret) for secret in secrets))
    replaced = [words.text(secret) for secret in secrets]
    again = [words.value({"note": f"was {secret}"})["note"].removeprefix("was ") for secret in secrets]
    assert replaced == again
    assert [[one == other for one in replaced] for other in replaced] == [
        [one == other for one in secrets] for other in secrets
    ]


NUMBERS = st.integers() | st.integers(10**14, 10**15) | st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=100, deadline=None)
@given(
    numbers=st.lists(NUMBERS, min_size=2, max_size=6), field=st.sampled_from(["password", "token", "email"])
)
def test_a_number_becomes_another_number_and_equal_ones_the_same(
    numbers: list[int | float], field: str
) -> None:
    replaced = [member[field] for member in pseudonyms_of().value([{field: number} for number in numbers])]
    assert [type(number) for number in replaced] == [type(number) for number in numbers]
    assert not set(replaced) & set(numbers)
    assert [[one == other for one in replaced] for other in replaced] == [
        [one == other for one in numbers] for other in numbers
    ]
    assert pseudonyms_of(salt=b"another").value({field: replaced}) == {field: replaced}
    assert json.loads(json.dumps(replaced)) == replaced
    assert [float(number) for number in replaced] == replaced


def test_what_is_true_or_false_stays_so() -> None:
    assert pseudonyms_of().value({"password": [True, False, None]}) == {"password": [True, False, None]}


@settings(max_examples=60, deadline=None)
@given(secret=WORDS, kind=st.sampled_from(KINDS))
def test_a_pseudonym_is_left_as_it_is_whoever_made_it(secret: str, kind: str) -> None:
    word = pseudonyms_of((kind, secret)).text(secret)
    fields = {"password": word, "email": word, "x-api-key": word, "note": f"a {word} b"}
    assert pseudonyms_of(salt=b"another").value(fields) == fields
    assert pseudonyms_of(salt=b"another").header("x-api-key", word) == word


@pytest.mark.parametrize(
    ("secret", "kind", "shape"),
    [
        ("an@example.com", "email", r"mail-\w{15}@capsule\.example"),
        ("server-01-key", "key", r"key-\w{15}"),
        ("key-1", "key", r"k-\w{9}"),
        ("x" * 40, "key", r"key-\w{36}"),
        ("hunter2", "password", r"p-\w{9}"),
        ("correct horse battery", "password", r"pass-\w{15}"),
    ],
)
def test_a_pseudonym_has_the_shape_of_the_secret(secret: str, kind: str, shape: str) -> None:
    assert re.fullmatch(shape, pseudonyms_of((kind, secret)).text(secret))


def test_what_was_base64_still_is() -> None:
    words = pseudonyms_of(("key", "server-01-key"))
    replaced = words.text("token c2VydmVyLTAxLWtleQ==")
    assert b64decode(replaced.removeprefix("token ")).decode() == words.text("server-01-key")


def test_an_empty_secret_stays_empty() -> None:
    assert pseudonyms_of().value({"password": "", "email": None}) == {"password": "", "email": None}
    assert pseudonyms_of().header("x-api-key", "") == ""


def test_a_word_of_the_api_stays_even_where_it_is_somebodys_password() -> None:
    words = pseudonyms_of(("password", "pending"))
    assert words.value({"status": "pending", "id": 1}) == {"status": "pending", "id": 1}
    assert words.value({"password": "pending"}) != {"password": "pending"}


@pytest.mark.parametrize("password", ["2025", "12", "00", "-", ":", "/"])
def test_a_short_password_leaves_times_and_paths_what_they_are(password: str) -> None:
    names = Pseudonyms([("password", password)], salt=SALT)
    for text in ("2025-12-01T10:00:00Z", "2025-12-01T12:00:00.5+07:00", "/api/v1/worker/tasks"):
        assert names.text(text) == text
    assert names.value({"password": password})["password"] != password


def test_the_scheme_of_an_authorization_stays() -> None:
    assert re.fullmatch(r"Bearer k-\w{9}", pseudonyms_of().header("authorization", "Bearer abcdefgh"))


def test_the_secrets_of_an_exchange_are_in_its_secret_fields_and_headers() -> None:
    body = json.dumps({"data": [{"password": "open sesame", "email": "an@mail.vn"}]}).encode()
    recorded = exchange(request_headers=(("x-api-key", "very-own-key"),), answer_body=body)
    pseudonyms = pseudonyms_of(*secrets_of(recorded))
    assert "sesame" not in pseudonyms.text("it was open sesame")
    assert "very-own-key" not in pseudonyms.text(percents("very-own-key"))
