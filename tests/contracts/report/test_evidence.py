"""Evidence: the curl command of an exchange, without secrets and with shortened bodies."""

from __future__ import annotations

import subprocess

import pytest

from workerkit.contracts.report.evidence import evidence_of
from workerkit.contracts.target.target import Target
from workerkit.contracts.target.target_mask import mask_of
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import render

TARGET = Target("http://host/api/v1/worker", "key-one", "key-two")


def exchange(key: str | None, body: bytes, answer: object, query: str = "") -> Exchange:
    headers = (("content-type", "application/json"), *((("x-api-key", key),) if key is not None else ()))
    path = "/api/v1/worker/health"
    return Exchange(
        1, "heartbeat", None, "POST", path, query, headers, body, 200, (), render(answer), 0.0, 0.0
    )


def exchange_with_account(password: str, email: str) -> Exchange:
    return exchange("key-one", b"", {"data": [{"password": password, "email": email}]})


def test_keys_and_secrets_of_an_exchange_are_masked_everywhere() -> None:
    mask = mask_of(TARGET, [exchange_with_account("hunter22", "no-address")])
    text = mask.text('key-one hunter22 "hunter22" no-address, key-two')
    secrets = ("key-one", "key-two", "hunter22", "no-address")
    assert [secret for secret in secrets if secret in text] == []


def test_the_same_target_gets_the_same_masks() -> None:
    assert mask_of(TARGET).text("key-one") == mask_of(TARGET).text("key-one")


def test_secrets_in_broken_json_are_masked() -> None:
    body = b'{"password": "hunter2", "email": "no address", '
    evidence = evidence_of(exchange("key-one", body, {}), TARGET, mask_of(TARGET))
    assert "hunter2" not in f"{evidence}"
    assert "no address" not in f"{evidence}"


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
def test_the_curl_command_takes_known_keys_from_the_environment(key: str, header: str) -> None:
    assert header in evidence_of(exchange(key, b"{}", {}), TARGET, mask_of(TARGET)).curl


def test_the_curl_command_of_a_request_without_a_key_has_no_key() -> None:
    curl = evidence_of(exchange(None, b"{}", {}), TARGET, mask_of(TARGET)).curl
    url = "http://host/api/v1/worker/health"
    assert curl == f"curl -i -X POST {url} -H 'Content-Type: application/json' --data-raw '{{}}'"


def test_characters_with_a_meaning_in_a_shell_are_quoted() -> None:
    curl = evidence_of(exchange(None, b"{'$(reboot)'}", {}, "a=$(reboot)&b"), TARGET, mask_of(TARGET)).curl
    assert "'http://host/api/v1/worker/health?a=$(reboot)&b'" in curl
    assert """'{'"'"'$(reboot)'"'"'}'""" in curl


def test_a_command_is_never_shortened_but_the_bodies_are() -> None:
    long_exchange = exchange(None, b'{"a": "' + b"x" * 9000 + b'"}', {"data": list(range(900))})
    evidence = evidence_of(long_exchange, TARGET, mask_of(TARGET))
    assert evidence.curl.count("x" * 9000) == 1
    assert evidence.request["a"].endswith("… (9000 characters)")
    assert evidence.answer == {"data": [0, 1, 2, 3, 4, "… and 895 more"]}


@pytest.mark.parametrize(
    "body",
    [
        b"{'$(reboot)'}\n\t\x01",
        "Ti\u1ebfng Vi\u1ec7t \U0001f600 e\u0301".encode(),
        b"\xff\xfe broken \x80",
        b"back\\slash ' \" `id` !x\r\n",
    ],
)
def test_a_shell_sends_exactly_the_same_body(body: bytes) -> None:
    curl = evidence_of(exchange(None, body, {}), TARGET, mask_of(TARGET)).curl
    # The function takes the place of curl and prints its last argument.
    shell = f'curl() {{ printf %s "${{@: -1}}"; }}; {curl}'
    printed = subprocess.run(["bash", "-c", shell.encode()], capture_output=True, check=True)
    assert printed.stdout == body


def test_a_url_with_brackets_is_one_url_for_curl() -> None:
    curl = evidence_of(exchange(None, b"", {}, "status[]={a,b}"), TARGET, mask_of(TARGET)).curl
    assert curl == "curl -i --globoff -X POST 'http://host/api/v1/worker/health?status[]={a,b}'"
