from __future__ import annotations

import json
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workerkit.contracts.evidence import show
from workerkit.contracts.masking import Masker
from workerkit.contracts.target import Target
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.jsontext import render

TARGET = Target("http://host/api/v1/worker", "key-one", "key-two")


def exchange(key: str | None, sent: bytes, answer: object, query: str = "") -> Exchange:
    headers = (("content-type", "application/json"), *((("x-api-key", key),) if key is not None else ()))
    path = "/api/v1/worker/health"
    return Exchange(
        1, "heartbeat", None, "POST", path, query, headers, sent, 200, (), render(answer), 0.0, 0.0
    )


def listing(password: str, email: str = "someone@example.com") -> Exchange:
    return exchange("key-one", b"", {"data": [{"password": password, "email": email}]})


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=4, max_size=12))
def test_a_password_seen_once_is_masked_in_every_spelling(password: str) -> None:
    masker = Masker(TARGET.keys, [listing(password)])
    for spelling in (
        password,
        json.dumps(password),
        json.dumps(password, ensure_ascii=False),
        quote_plus(password),
    ):
        shown = masker.text(f"<{spelling}>")
        assert shown in ("<***>", '<"***">') or "*" in password


def test_fields_are_masked_whatever_they_hold() -> None:
    masked = Masker((), []).value({"data": [{"password": "x", "email": None, "about": "me"}]})
    assert masked == {"data": [{"password": "***", "email": None, "about": "me"}]}


def test_a_short_password_does_not_mask_other_words() -> None:
    assert Masker((), [listing("a")]).text("a task") == "a task"


def test_an_email_address_never_seen_before_is_masked() -> None:
    assert Masker((), []).text("from a.b@example.com, a%40example.com") == "from ***, ***"


def test_broken_json_shows_no_password_either() -> None:
    sent = b'{"password": "hunter2", "email": "no address", '
    shown = show(exchange("key-one", sent, {}), TARGET, Masker(TARGET.keys, []))
    assert "hunter2" not in f"{shown}"
    assert "no address" not in f"{shown}"


@pytest.mark.parametrize(
    ("key", "header"),
    [
        ("key-one", '-H "X-API-Key: $LIKEPION_API_KEY"'),
        ("key-onex", '-H "X-API-Key: ${LIKEPION_API_KEY}x"'),
        ("key-two", '-H "X-API-Key: $LIKEPION_OTHER_API_KEY"'),
        ("made-up", '-H "X-API-Key: made-up"'),
        ("$(reboot)", '-H "X-API-Key: ***"'),
    ],
)
def test_the_curl_line_takes_known_keys_from_the_environment(key: str, header: str) -> None:
    assert header in show(exchange(key, b"{}", {}), TARGET, Masker(TARGET.keys, [])).curl


def test_the_curl_line_without_a_key_sends_none() -> None:
    curl = show(exchange(None, b"{}", {}), TARGET, Masker(TARGET.keys, [])).curl
    url = "http://host/api/v1/worker/health"
    assert curl == f"curl -i -X POST {url} -H 'Content-Type: application/json' --data-binary '{{}}'"


def test_what_the_shell_would_read_is_quoted() -> None:
    curl = show(exchange(None, b"{'$(reboot)'}", {}, "a=$(reboot)&b"), TARGET, Masker((), [])).curl
    assert "'http://host/api/v1/worker/health?a=$(reboot)&b'" in curl
    assert """'{'"'"'$(reboot)'"'"'}'""" in curl


def test_long_bodies_are_cut_short() -> None:
    shown = show(
        exchange(None, b'{"a": "' + b"x" * 9000 + b'"}', {"data": list(range(900))}), TARGET, Masker((), [])
    )
    assert len(shown.curl) < 5000
    assert shown.answer == {"data": [0, 1, 2, 3, 4, "… and 895 more"]}
