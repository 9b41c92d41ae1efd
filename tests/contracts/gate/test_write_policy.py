"""What may leave, tried as somebody would who wants a write to slip through."""

from __future__ import annotations

from random import Random

import pytest

from workerkit.contracts.gate.write_policy import Draft, WritePolicy
from workerkit.contracts.target.fake_ids import NO_ID, fake_id, fake_key, is_fake_id, is_fake_key
from workerkit.contracts.target.plan import Writes

REAL = "6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b"
NAMED = "7a2f3d2b-4c5e-4f6a-9b7c-8d9e0f1a2b3c"
REQUEST = "c2a4e6f8-1b3d-4c5e-9f7a-8b9c0d1e2f3a"
ACCOUNT = "e4c6a8b0-3d5f-4e7a-9b2c-0d1e2f3a4b5c"
NOBODY = fake_id(Random(1))
NO_KEY = fake_key(Random(1))
NONE = WritePolicy(Writes.NONE)
SANDBOX = WritePolicy(Writes.SANDBOX, frozenset({NAMED}), frozenset({REQUEST}), frozenset({ACCOUNT}))
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
    sent = {"user-agent": "workerkit-conform", "accept": "*/*"}
    if raw:
        sent |= {"content-type": "application/json", "content-length": str(len(raw))}
    if key is not None:
        sent["x-api-key"] = key
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return Draft(method, path, query, tuple(sent.items()), raw)


def link(task_id: str, more: str = '"status": "running"') -> str:
    return f'{{"link_id": "{task_id}", {more}}}'


WITHOUT_WRITES = [
    draft("GET", "/tasks"),
    draft("GET", "/tasks", query="status=pending,queued&limit=0&after=x&page=2&service_type=entity"),
    draft("GET", "/tasks", key="the-keyx"),
    draft("PUT", f"/tasks/{NOBODY}", '{"status": "running"}', key=NO_KEY),
    draft("PUT", f"/tasks/{NOBODY}", '{"status": "running"}', key=None),
    draft("POST", "/health", "{}", key=None),
    draft("POST", "/logs", '{"logs": [{"level": "INFO", "message": "x"}]}', key=NO_KEY),
    draft("PUT", f"/tasks/{NOBODY}", '{"status": "nonsense"}'),
    draft("PUT", f"/tasks/{NOBODY}", '{"status": '),
    draft("PUT", "/tasks/bulk", '{"items": 1}'),
    draft("POST", LINK, '{"status": "running"}'),
    draft("POST", LINK, link(NOBODY, '"status": "nonsense"')),
    draft("POST", "/logs", '{"logs": "x"}'),
]


@pytest.mark.parametrize("each", WITHOUT_WRITES)
def test_without_writes_lists_leave_and_what_every_server_refuses(each: Draft) -> None:
    assert NONE.refusal(each) is None
    assert SANDBOX.refusal(each) is None


NEVER = [
    # Another path for a server, or for a proxy on the way, than for us.
    draft("GET", "/tasks/"),
    draft("GET", "/tasks/../health"),
    draft("GET", "//tasks"),
    draft("GET", "/tasks;x=1"),
    draft("GET", "/tasks%2f..%2fhealth"),
    draft("GET", f"/tasks/{NOBODY}"),
    draft("PUT", f"/tasks/{NOBODY}/../{REAL}", "{", key=None),
    draft("PUT", f"/tasks/%36{REAL[1:]}", '{"status": "running"}', key=None),
    draft("PUT", "/tasks/BULK", "{}", key=None),
    draft("PUT", "/tasks/17", '{"status": "nonsense"}'),
    draft("get", "/tasks"),
    draft("GET", "/tasks", b"{}"),
    draft("HEAD", "/tasks"),
    draft("PATCH", f"/tasks/{NOBODY}", "{}", key=None),
    draft("DELETE", f"/tasks/{NOBODY}", key=None),
    # Another method, host, body or length than it says.
    draft("GET", "/tasks", query="_method=PUT"),
    draft("GET", "/tasks", query="status=%ff"),
    draft("POST", LINK, link(NOBODY), key=None, query=f"link_id={REAL}"),
    draft("GET", "/tasks", x_http_method_override="DELETE"),
    draft("GET", "/tasks", x_original_url=f"/api/v1/worker/tasks/{REAL}"),
    draft("GET", "/tasks", host="elsewhere.example"),
    draft("GET", "/tasks", authorization="Bearer the-key"),
    draft("GET", "/tasks", cookie="api_key=the-key"),
    draft("POST", LINK, '{"status": "x"}', content_length="0"),
    draft("POST", LINK, '{"status": "x"}', transfer_encoding="chunked"),
    draft("POST", LINK, '{"status": "x"}', content_encoding="gzip"),
    draft("POST", LINK, "status=x", content_type="application/x-www-form-urlencoded"),
    draft("POST", LINK, '{"status": "x"}', content_type="application/json; charset=utf-7"),
    # A key that may be somebody's.
    draft("POST", "/health", "{}", key="the-key"),
    draft("POST", "/health", '{"cpu_usage": "x"}', key="the-key"),
    draft("POST", "/logs", '{"logs": [{"level": "INFO", "message": "x"}]}', key="The-Key "),
    draft("POST", "/logs", '{"logs": [{"level": "INFO", "message": "x"}]}', key="some-other-key"),
    draft("POST", "/logs", '{"logs": [{"level": "INFO", "message": "x"}]}', key=f"{NO_KEY}x"),
    # What one dialect refuses as a whole, and another takes in part.
    draft("POST", "/logs", '{"logs": [{"level": "x", "message": "x"}, {"level": "INFO", "message": "x"}]}'),
    draft("POST", "/logs", '{"Logs": [{"level": "INFO", "message": "x"}]}'),
    draft("POST", "/logs", '{"logs": {"0": {"level": "INFO", "message": "x"}}}'),
    draft("POST", "/logs", '{"logs": [{"level": "INFO", "message": "x"}],}'),
    draft("PUT", "/tasks/bulk", f'{{"items": [{{"link_id": "{REAL}", "status": "x"}}]}}'),
    draft("PUT", "/tasks/bulk", f'{{"items": {{"link_id": "{REAL}", "status": "running"}}}}'),
    # An id that is somebody's, with or without a key, however it is written.
    draft("PUT", f"/tasks/{REAL}", '{"status": "nonsense"}'),
    draft("PUT", f"/tasks/{REAL}", '{"status": "running"}', key=None),
    draft("PUT", f"/tasks/{REAL.upper()}", '{"status": "running"}', key=NO_KEY),
    draft("POST", LINK, link(REAL), key=None),
    draft("POST", LINK, link(REAL.upper()), key=None),
    draft("POST", LINK, link(REAL.replace("-", "")), key=None),
    draft("POST", LINK, link(f"{{{REAL}}}"), key=None),
    draft("POST", LINK, link(f"urn:uuid:{REAL}"), key=None),
    draft("POST", LINK, link("6f1e-2c1a-3b4d-4e5f-8a6b-7c8d-9e0f-1a2b"), key=None),
    draft("POST", LINK, link("\\u0036" + REAL[1:]), key=None),
    draft("POST", LINK, link("\uff16" + REAL[1:]), key=None),
    draft("POST", LINK, link("\u0666" + REAL[1:]), key=None),
    draft("POST", LINK, f'{{"link_id": "{REAL}", "link_id": "{NOBODY}"}}', key=None),
    draft("POST", LINK, f'{{"x": {{"y": ["{REAL}"]}}}}', key=None),
    draft("POST", LINK, f"{{link_id: '\\x36{REAL[1:]}'}}", key=None),
    draft("POST", LINK, f'{{"link_id": "{REAL}",}}', key=None),
    draft("POST", "/callback/request/status", f'{{"request_id": "{REAL}", "status": 5}}'),
    draft("POST", "/callback/account/status", f'{{"account_id": "{REAL}", "status": "active"}}', key=None),
]


@pytest.mark.parametrize("each", NEVER)
def test_what_another_reading_could_turn_into_a_write_never_leaves(each: Draft) -> None:
    assert NONE.refusal(each) is not None
    assert SANDBOX.refusal(each) is not None
    assert WritePolicy(Writes.ALL).refusal(each) is None


IN_THE_SANDBOX = [
    draft("PUT", f"/tasks/{NAMED}", '{"status": "running"}'),
    draft("PUT", f"/tasks/{NAMED.upper()}", '{"status": "running"}'),
    draft("PUT", f"/tasks/{NAMED}", '{"note": "x"}', content_type="text/plain"),
    draft("PUT", f"/tasks/{NAMED}", f'{{"link_post": "https://example.com/{NAMED}"}}'),
    draft("PUT", f"/tasks/{NAMED}", "{}", key="some-other-key"),
    draft("PUT", f"/tasks/{NOBODY}", '{"status": "running"}'),
    draft("PUT", f"/tasks/{NO_ID}", '{"status": "running"}'),
    draft("PUT", "/tasks/bulk", f'{{"items": [{{"link_id": "{NAMED}"}}, {{"link_id": "{NOBODY}"}}]}}'),
    draft("POST", LINK, link(NAMED)),
    draft("POST", "/callback/link/complete", f'{{"link_id": "{NAMED}"}}'),
    draft("POST", "/callback/request/status", f'{{"request_id": "{REQUEST}", "status": "completed"}}'),
    draft("POST", "/callback/account/status", f'{{"account_id": "{NOBODY}", "status": "active"}}'),
    draft("POST", "/callback/account/status", f'{{"account_id": "{ACCOUNT}", "status": "active"}}'),
]


@pytest.mark.parametrize("each", IN_THE_SANDBOX)
def test_what_belongs_to_the_sandbox_leaves_with_it_and_not_without(each: Draft) -> None:
    assert SANDBOX.refusal(each) is None
    assert NONE.refusal(each) is not None


OUTSIDE = [
    draft("PUT", "/tasks/bulk", f'{{"items": [{{"link_id": "{NAMED}"}}, {{"link_id": "{REAL}"}}]}}'),
    draft("PUT", f"/tasks/{NAMED}", f'{{"id": "{REAL}", "status": "running"}}'),
    draft("POST", LINK, f'{{"link_id": "{NAMED}", "request_id": "{REQUEST}"}}'),
    draft("POST", "/callback/request/status", f'{{"request_id": "{NAMED}", "status": "completed"}}'),
    draft("POST", "/callback/account/status", f'{{"account_id": "{REQUEST}", "status": "active"}}'),
    draft("POST", "/callback/request/status", f'{{"request_id": "{ACCOUNT}", "status": "active"}}'),
    draft("PUT", f"/tasks/{ACCOUNT}", '{"status": "running"}'),
    draft("POST", "/health", "{}"),
    draft("POST", "/logs", '{"logs": []}'),
]


@pytest.mark.parametrize("each", OUTSIDE)
def test_what_does_not_belong_to_the_sandbox_does_not_leave(each: Draft) -> None:
    assert SANDBOX.refusal(each) is not None


def test_what_is_made_up_is_known_for_it() -> None:
    chance = Random(7)
    ids, keys = {fake_id(chance) for _ in range(99)}, {fake_key(chance) for _ in range(99)}
    assert (len(ids), len(keys)) == (99, 99)
    assert all(map(is_fake_id, ids))
    assert all(map(is_fake_key, keys))
    assert not is_fake_id(REAL)
    assert not is_fake_key("workerkit-made-up-key")
