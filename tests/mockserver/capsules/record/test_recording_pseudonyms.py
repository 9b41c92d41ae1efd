"""Secrets taken out of traffic that is looked at as a whole, not text by text."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import astuple
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.openapi.masking.test_canaries import ENCODING, ENCODINGS, PLACE, PLACES, exchange, sniffed
from tests.openapi.masking.test_pseudonyms import SECRETS
from workerkit.mockserver.capsules.file.capsule import Recorded
from workerkit.mockserver.capsules.record.recording_pseudonyms import RecordingPseudonyms
from workerkit.openapi.exchange import Exchange

SHOWN_IN: dict[str, Callable[[str], dict[str, Any]]] = {
    "header": lambda secret: {"request_headers": (("x-api-key", secret),)},
    "field": lambda secret: {"answer_body": json.dumps({"data": [{"password": secret}]}).encode()},
}


def disguised(names: RecordingPseudonyms, **fields: Any) -> Exchange:
    return names.disguised(Recorded(exchange(**fields))).exchange


def page(*passwords: str) -> bytes:
    tasks = [{"id": str(place), "password": each, "about": "text"} for place, each in enumerate(passwords)]
    return json.dumps({"data": tasks, "total": len(tasks)}).encode()


@settings(max_examples=150, deadline=None)
@given(
    secret=SECRETS,
    others=st.lists(SECRETS, max_size=3),
    shown_in=st.sampled_from(sorted(SHOWN_IN)),
    encoding=ENCODING,
    place=PLACE,
)
def test_a_secret_that_came_once_is_nowhere_afterwards(
    secret: str, others: list[str], shown_in: str, encoding: str, place: str
) -> None:
    names = RecordingPseudonyms()
    hides = PLACES[place](ENCODINGS[encoding](secret))
    disguised(names, answer_body=page(*others))
    disguised(names, **hides)
    disguised(names, **SHOWN_IN[shown_in](secret))
    assert not sniffed(secret, json.dumps(astuple(disguised(names, **hides)), default=repr))


def test_a_page_is_written_with_its_secrets_replaced_and_nothing_else() -> None:
    names = RecordingPseudonyms()
    before = page("first-secret", "second-secret", "first-secret")
    after = json.loads(disguised(names, answer_body=before).answer_body)
    words = [task.pop("password") for task in after["data"]]
    assert words[0] == words[2] != words[1]
    plain = json.loads(before)
    assert [task.pop("password") for task in plain["data"]] != words
    assert after == plain


def test_a_body_that_comes_again_is_looked_at_again_once_more_is_known() -> None:
    names = RecordingPseudonyms()
    body = json.dumps({"logs": [{"message": "open sesame worked"}]}).encode()
    assert disguised(names, request_body=body).request_body == body
    disguised(names, answer_body=page("open sesame"))
    assert b"sesame" not in disguised(names, request_body=body).request_body


def test_what_stands_inside_the_field_of_a_secret_is_replaced() -> None:
    told = disguised(
        RecordingPseudonyms(), request_body=b'{"token": {"a": ["open sesame", 5]}, "note": "b"}'
    ).sent()
    assert "sesame" not in json.dumps(told)
    assert told["note"] == "b"


def test_a_body_without_secrets_is_the_same_bytes() -> None:
    body = b'{"items": [ {"link_id": "1"}, {"link_id": "2"} ]}'
    assert disguised(RecordingPseudonyms(), request_body=body).request_body is body
