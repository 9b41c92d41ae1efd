"""The write policy, with requests that try to hide a change from it."""

from __future__ import annotations

from random import Random

import pytest

from workerkit.contracts.gate.write_policy import Draft, WritePolicy
from workerkit.contracts.target.fake_ids import NOT_AN_ID, fake_id, fake_key, is_fake_id, is_fake_key
from workerkit.contracts.target.plan import Writes

REAL_ID = "6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b"
IN_SANDBOX = "7a2f3d2b-4c5e-4f6a-9b7c-8d9e0f1a2b3c"
REQUEST = "c2a4e6f8-1b3d-4c5e-9f7a-8b9c0d1e2f3a"
ACCOUNT = "e4c6a8b0-3d5f-4e7a-9b2c-0d1e2f3a4b5c"
FAKE_ID = fake_id(Random(1))
FAKE_KEY = fake_key(Random(1))
NONE = WritePolicy(Writes.NONE)
SANDBOX = WritePolicy(Writes.SANDBOX, frozenset({IN_SANDBOX}), frozenset({REQUEST}), frozenset({ACCOUNT}))
LINK = "/callback/link/update"


def draft(
    method: str,
    path: str,
    body: str | bytes = b"",
    key: str | None = "the-key",
    query: str = "",
    **headers: str,
) -> Draft:
    raw = body.encode() if isinstance(body, str) else body
    all_headers = {"user-agent": "workerkit-conform", "accept": "*/*"}
    if raw:
        all_headers |= {"content-type": "application/json", "content-length": str(len(raw))}
    if key is not None:
        all_headers["x-api-key"] = key
    all_headers |= {name.replace("_", "-"): value for name, value in headers.items()}
    return Draft(method, path, query, tuple(all_headers.items()), raw)


def link(task_id: str, more: str = '"status": "running"') -> str:
    return f'{{"link_id": "{task_id}", {more}}}'


WITHOUT_WRITES = [
    draft("GET", "/tasks"),
    draft("GET", "/tasks", query="status=pending,queued&limit=0&after=x&page=2&service_type=entity"),
    draft("GET", "/tasks", key="the-keyx"),
    draft("PUT", f"/tasks/{FAKE_ID}", '{"status": "running"}', key=FAKE_KEY),
    draft("PUT", f"/tasks/{FAKE_ID}", '{"status": "running"}', key=None),
    draft("POST", "/health", "{}", key=None),
    draft("POST", "/logs", '{"logs": [{"level": "INFO", "message": "x"}]}', key=FAKE_KEY),
    draft("PUT", f"/tasks/{FAKE_ID}", '{"status": "nonsense"}'),
    draft("PUT", f"/tasks/{FAKE_ID}", '{"status": '),
    draft("PUT", "/tasks/bulk", '{"items": 1}'),
    draft("POST", LINK, '{"status": "running"}'),
    draft("POST", LINK, link(FAKE_ID, '"status": "nonsense"')),
    draft("POST", "/logs", '{"logs": "x"}'),
]


@pytest.mark.parametrize("request_draft", WITHOUT_WRITES)
def test_without_writes_lists_and_requests_that_every_server_refuses_are_allowed(
    request_draft: Draft,
) -> None:
    assert NONE.refusal(request_draft) is None
    assert SANDBOX.refusal(request_draft) is None


NEVER = [
    # Servers and proxies could read this path in a different way.
    draft("GET", "/tasks/"),
    draft("GET", "/tasks/../health"),
    draft("GET", "//tasks"),
    draft("GET", "/tasks;x=1"),
    draft("GET", "/tasks%2f..%2fhealth"),
    draft("GET", f"/tasks/{FAKE_ID}"),
    draft("PUT", f"/tasks/{FAKE_ID}/../{REAL_ID}", "{", key=None),
    draft("PUT", f"/tasks/%36{REAL_ID[1:]}", '{"status": "running"}', key=None),
    draft("PUT", "/tasks/BULK", "{}", key=None),
    draft("PUT", "/tasks/17", '{"status": "nonsense"}'),
    draft("get", "/tasks"),
    draft("GET", "/tasks", b"{}"),
    draft("HEAD", "/tasks"),
    draft("PATCH", f"/tasks/{FAKE_ID}", "{}", key=None),
    draft("DELETE", f"/tasks/{FAKE_ID}", key=None),
    # Servers could read another method, host, body or length.
    draft("GET", "/tasks", query="_method=PUT"),
    draft("GET", "/tasks", query="status=%ff"),
    draft("POST", LINK, link(FAKE_ID), key=None, query=f"link_id={REAL_ID}"),
    draft("GET", "/tasks", x_http_method_override="DELETE"),
    draft("GET", "/tasks", x_original_url=f"/api/v1/worker/tasks/{REAL_ID}"),
    draft("GET", "/tasks", host="elsewhere.example"),
    draft("GET", "/tasks", authorization="Bearer the-key"),
    draft("GET", "/tasks", cookie="api_key=the-key"),
    draft("POST", LINK, '{"status": "x"}', content_length="0"),
    draft("POST", LINK, '{"status": "x"}', transfer_encoding="chunked"),
    draft("POST", LINK, '{"status": "x"}', content_encoding="gzip"),
    draft("POST", LINK, "status=x", content_type="application/x-www-form-urlencoded"),
    draft("POST", LINK, '{"status": "x"}', content_type="application/json; charset=utf-7"),
    # The key may belong to a server.
    draft("POST", "/health", "{}", key="the-key"),
    draft("POST", "/health", '{"cpu_usage": "x"}', key="the-key"),
    draft("POST", "/logs", '{"logs": [{"level": "INFO", "message": "x"}]}', key="The-Key "),
    draft("POST", "/logs", '{"logs": [{"level": "INFO", "message": "x"}]}', key="some-other-key"),
    draft("POST", "/logs", '{"logs": [{"level": "INFO", "message": "x"}]}', key=f"{FAKE_KEY}x"),
    # One dialect refuses the whole batch, another dialect stores a part.
    draft("POST", "/logs", '{"logs": [{"level": "x", "message": "x"}, {"level": "INFO", "message": "x"}]}'),
    draft("POST", "/logs", '{"Logs": [{"level": "INFO", "message": "x"}]}'),
    draft("POST", "/logs", '{"logs": {"0": {"level": "INFO", "message": "x"}}}'),
    draft("POST", "/logs", '{"logs": [{"level": "INFO", "message": "x"}],}'),
    draft("PUT", "/tasks/bulk", f'{{"items": [{{"link_id": "{REAL_ID}", "status": "x"}}]}}'),
    draft("PUT", "/tasks/bulk", f'{{"items": {{"link_id": "{REAL_ID}", "status": "running"}}}}'),
    # The id may belong to a task, in any spelling.
    draft("PUT", f"/tasks/{REAL_ID}", '{"status": "nonsense"}'),
    draft("PUT", f"/tasks/{REAL_ID}", '{"status": "running"}', key=None),
    draft("PUT", f"/tasks/{REAL_ID.upper()}", '{"status": "running"}', key=FAKE_KEY),
    draft("POST", LINK, link(REAL_ID), key=None),
    draft("POST", LINK, link(REAL_ID.upper()), key=None),
    draft("POST", LINK, link(REAL_ID.replace("-", "")), key=None),
    draft("POST", LINK, link(f"{{{REAL_ID}}}"), key=None),
    draft("POST", LINK, link(f"urn:uuid:{REAL_ID}"), key=None),
    draft("POST", LINK, link("6f1e-2c1a-3b4d-4e5f-8a6b-7c8d-9e0f-1a2b"), key=None),
    draft("POST", LINK, link("\\u0036" + REAL_ID[1:]), key=None),
    draft("POST", LINK, link("\uff16" + REAL_ID[1:]), key=None),
    draft("POST", LINK, link("\u0666" + REAL_ID[1:]), key=None),
    draft("POST", LINK, f'{{"link_id": "{REAL_ID}", "link_id": "{FAKE_ID}"}}', key=None),
    draft("POST", LINK, f'{{"x": {{"y": ["{REAL_ID}"]}}}}', key=None),
    draft("POST", LINK, f"{{link_id: '\\x36{REAL_ID[1:]}'}}", key=None),
    draft("POST", LINK, f'{{"link_id": "{REAL_ID}",}}', key=None),
    draft("POST", "/callback/request/status", f'{{"request_id": "{REAL_ID}", "status": 5}}'),
    draft("POST", "/callback/account/status", f'{{"account_id": "{REAL_ID}", "status": "active"}}', key=None),
]


@pytest.mark.parametrize("request_draft", NEVER)
def test_a_request_that_some_server_could_act_on_is_never_allowed(request_draft: Draft) -> None:
    assert NONE.refusal(request_draft) is not None
    assert SANDBOX.refusal(request_draft) is not None
    assert WritePolicy(Writes.ALL).refusal(request_draft) is None


SANDBOX_CHANGES = [
    draft("PUT", f"/tasks/{IN_SANDBOX}", '{"status": "running"}'),
    draft("PUT", f"/tasks/{IN_SANDBOX.upper()}", '{"status": "running"}'),
    draft("PUT", f"/tasks/{IN_SANDBOX}", '{"note": "x"}', content_type="text/plain"),
    draft("PUT", f"/tasks/{IN_SANDBOX}", f'{{"link_post": "https://example.com/{IN_SANDBOX}"}}'),
    draft("PUT", f"/tasks/{IN_SANDBOX}", "{}", key="some-other-key"),
    draft("PUT", f"/tasks/{FAKE_ID}", '{"status": "running"}'),
    draft("PUT", f"/tasks/{NOT_AN_ID}", '{"status": "running"}'),
    draft("PUT", "/tasks/bulk", f'{{"items": [{{"link_id": "{IN_SANDBOX}"}}, {{"link_id": "{FAKE_ID}"}}]}}'),
    draft("POST", LINK, link(IN_SANDBOX)),
    draft("POST", "/callback/link/complete", f'{{"link_id": "{IN_SANDBOX}"}}'),
    draft("POST", "/callback/request/status", f'{{"request_id": "{REQUEST}", "status": "completed"}}'),
    draft("POST", "/callback/account/status", f'{{"account_id": "{FAKE_ID}", "status": "active"}}'),
    draft("POST", "/callback/account/status", f'{{"account_id": "{ACCOUNT}", "status": "active"}}'),
]


@pytest.mark.parametrize("request_draft", SANDBOX_CHANGES)
def test_a_change_of_the_sandbox_is_allowed_only_with_a_sandbox(request_draft: Draft) -> None:
    assert SANDBOX.refusal(request_draft) is None
    assert NONE.refusal(request_draft) is not None


OUTSIDE_CHANGES = [
    draft("PUT", "/tasks/bulk", f'{{"items": [{{"link_id": "{IN_SANDBOX}"}}, {{"link_id": "{REAL_ID}"}}]}}'),
    draft("PUT", f"/tasks/{IN_SANDBOX}", f'{{"id": "{REAL_ID}", "status": "running"}}'),
    draft("POST", LINK, f'{{"link_id": "{IN_SANDBOX}", "request_id": "{REQUEST}"}}'),
    draft("POST", "/callback/request/status", f'{{"request_id": "{IN_SANDBOX}", "status": "completed"}}'),
    draft("POST", "/callback/account/status", f'{{"account_id": "{REQUEST}", "status": "active"}}'),
    draft("POST", "/callback/request/status", f'{{"request_id": "{ACCOUNT}", "status": "active"}}'),
    draft("PUT", f"/tasks/{ACCOUNT}", '{"status": "running"}'),
    draft("POST", "/health", "{}"),
    draft("POST", "/logs", '{"logs": []}'),
]


@pytest.mark.parametrize("request_draft", OUTSIDE_CHANGES)
def test_a_change_outside_the_sandbox_is_not_allowed(request_draft: Draft) -> None:
    assert SANDBOX.refusal(request_draft) is not None


def test_fake_ids_and_keys_are_recognised() -> None:
    chance = Random(7)
    ids, keys = {fake_id(chance) for _ in range(99)}, {fake_key(chance) for _ in range(99)}
    assert (len(ids), len(keys)) == (99, 99)
    assert all(map(is_fake_id, ids))
    assert all(map(is_fake_key, keys))
    assert not is_fake_id(REAL_ID)
    assert not is_fake_key("workerkit-made-up-key")
