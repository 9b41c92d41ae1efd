from __future__ import annotations

import pytest

from workerkit.contracts.report.evidence import show
from workerkit.contracts.target.target import Target
from workerkit.contracts.target.target_mask import mask_of
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import render

TARGET = Target("http://host/api/v1/worker", "key-one", "key-two")


def exchange(key: str | None, sent: bytes, answer: object, query: str = "") -> Exchange:
    headers = (("content-type", "application/json"), *((("x-api-key", key),) if key is not None else ()))
    path = "/api/v1/worker/health"
    return Exchange(
        1, "heartbeat", None, "POST", path, query, headers, sent, 200, (), render(answer), 0.0, 0.0
    )


def listing(password: str, email: str = "someone@example.com") -> Exchange:
    return exchange("key-one", b"", {"data": [{"password": password, "email": email}]})


def test_what_was_seen_once_is_masked_wherever_it_stands() -> None:
    mask = mask_of(TARGET, [listing("hunter22", "no-address")])
    shown = mask.text('key-one hunter22 "hunter22" no-address, key-two')
    assert [each for each in ("key-one", "key-two", "hunter22", "no-address") if each in shown] == []


def test_the_same_target_gets_the_same_masks() -> None:
    assert mask_of(TARGET).text("key-one") == mask_of(TARGET).text("key-one")


def test_broken_json_shows_no_password_either() -> None:
    sent = b'{"password": "hunter2", "email": "no address", '
    shown = show(exchange("key-one", sent, {}), TARGET, mask_of(TARGET))
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
    assert header in show(exchange(key, b"{}", {}), TARGET, mask_of(TARGET)).curl


def test_the_curl_line_without_a_key_sends_none() -> None:
    curl = show(exchange(None, b"{}", {}), TARGET, mask_of(TARGET)).curl
    url = "http://host/api/v1/worker/health"
    assert curl == f"curl -i -X POST {url} -H 'Content-Type: application/json' --data-binary '{{}}'"


def test_what_the_shell_would_read_is_quoted() -> None:
    curl = show(exchange(None, b"{'$(reboot)'}", {}, "a=$(reboot)&b"), TARGET, mask_of(TARGET)).curl
    assert "'http://host/api/v1/worker/health?a=$(reboot)&b'" in curl
    assert """'{'"'"'$(reboot)'"'"'}'""" in curl


def test_long_bodies_are_cut_short() -> None:
    shown = show(
        exchange(None, b'{"a": "' + b"x" * 9000 + b'"}', {"data": list(range(900))}), TARGET, mask_of(TARGET)
    )
    assert len(shown.curl) < 5000
    assert shown.answer == {"data": [0, 1, 2, 3, 4, "… and 895 more"]}
