"""A recording replaces the secrets of its exchanges."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import astuple
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.openapi.masking.test_canaries import ENCODING, ENCODINGS, PLACE, PLACES, exchange, finds_secret
from tests.openapi.masking.test_pseudonyms import SECRETS
from workerkit.mockserver.capsules.file.capsule import RecordedExchange
from workerkit.mockserver.capsules.record.recording_pseudonyms import RecordingPseudonyms
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking.known_secrets import SecretIndex
from workerkit.openapi.masking.mask import Secret

SECRET_FIELDS: dict[str, Callable[[str], dict[str, Any]]] = {
    "header": lambda secret: {"request_headers": (("x-api-key", secret),)},
    "field": lambda secret: {"answer_body": json.dumps({"data": [{"password": secret}]}).encode()},
}


def clean_exchange(pseudonyms: RecordingPseudonyms, **fields: Any) -> Exchange:
    return pseudonyms.without_secrets(RecordedExchange(exchange(**fields))).exchange


def page(*passwords: str) -> bytes:
    tasks = [
        {"id": str(number), "password": password, "about": "text"}
        for number, password in enumerate(passwords)
    ]
    return json.dumps({"data": tasks, "total": len(tasks)}).encode()


@settings(max_examples=150, deadline=None)
@given(
    secret=SECRETS,
    others=st.lists(SECRETS, max_size=3),
    secret_field=st.sampled_from(sorted(SECRET_FIELDS)),
    encoding=ENCODING,
    place=PLACE,
)
def test_a_secret_that_was_shown_once_is_replaced_everywhere_afterwards(
    secret: str, others: list[str], secret_field: str, encoding: str, place: str
) -> None:
    pseudonyms = RecordingPseudonyms()
    hidden = PLACES[place](ENCODINGS[encoding](secret))
    clean_exchange(pseudonyms, answer_body=page(*others))
    clean_exchange(pseudonyms, **hidden)
    clean_exchange(pseudonyms, **SECRET_FIELDS[secret_field](secret))
    assert not finds_secret(secret, json.dumps(astuple(clean_exchange(pseudonyms, **hidden)), default=repr))


@settings(max_examples=60, deadline=None)
@given(
    secret=st.text("abcXYZ0189-_~!", min_size=8, max_size=40),
    case=st.sampled_from([str.upper, str.lower]),
    encoding=ENCODING,
    place=PLACE,
)
def test_a_key_in_other_case_is_replaced(
    secret: str, case: Callable[[str], str], encoding: str, place: str
) -> None:
    pseudonyms = RecordingPseudonyms()
    hidden = PLACES[place](ENCODINGS[encoding](case(secret)))
    clean_exchange(pseudonyms, **SECRET_FIELDS["header"](secret))
    written = json.dumps(astuple(clean_exchange(pseudonyms, **hidden)), default=repr)
    assert not finds_secret(case(secret), written)


def test_only_the_secrets_of_a_page_are_replaced() -> None:
    pseudonyms = RecordingPseudonyms()
    before = page("first-secret", "second-secret", "first-secret")
    after = json.loads(clean_exchange(pseudonyms, answer_body=before).answer_body)
    words = [task.pop("password") for task in after["data"]]
    assert words[0] == words[2] != words[1]
    plain = json.loads(before)
    assert [task.pop("password") for task in plain["data"]] != words
    assert after == plain


@pytest.mark.parametrize("place", [0, 300, 1999])
@pytest.mark.parametrize(
    "line", ["  - open sesame", "   q=open%20sesame", "  OPEN SESAME!", "  op\\u0065n sesame"]
)
def test_a_secret_in_one_of_many_lines_is_found(line: str, place: int) -> None:
    pseudonyms = RecordingPseudonyms()
    clean_exchange(pseudonyms, answer_body=page("open sesame", "a%b+c;&d"))
    lines = [f'    "id": "{number}", "about": "50 % of \\"all\\""' for number in range(2000)]
    assert not pseudonyms.has_secret_in(lines)
    assert pseudonyms.has_secret_in([*lines[:place], line, *lines[place:]])


def test_many_lines_without_secrets_are_searched_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pseudonyms, searched = RecordingPseudonyms(), list[str]()
    clean_exchange(pseudonyms, answer_body=page("open sesame"))

    def search(_: SecretIndex, text: str) -> frozenset[Secret]:
        searched.append(text)
        return frozenset()

    monkeypatch.setattr(SecretIndex, "possible_secrets", search)
    assert not pseudonyms.has_secret_in(
        [f"    email: mail-{number}@capsule.example" for number in range(2000)]
    )
    assert len(searched) < 20


def test_a_repeated_body_is_checked_for_new_secrets() -> None:
    pseudonyms = RecordingPseudonyms()
    body = json.dumps({"logs": [{"message": "open sesame worked"}]}).encode()
    assert clean_exchange(pseudonyms, request_body=body).request_body == body
    clean_exchange(pseudonyms, answer_body=page("open sesame"))
    assert b"sesame" not in clean_exchange(pseudonyms, request_body=body).request_body


def test_a_nested_value_in_a_secret_field_is_replaced() -> None:
    body = clean_exchange(
        RecordingPseudonyms(), request_body=b'{"token": {"a": ["open sesame", 5]}, "note": "b"}'
    ).request_json()
    assert "sesame" not in json.dumps(body)
    assert body["note"] == "b"


def test_a_body_without_secrets_keeps_its_bytes() -> None:
    body = b'{"items": [ {"link_id": "1"}, {"link_id": "2"} ]}'
    assert clean_exchange(RecordingPseudonyms(), request_body=body).request_body is body
