"""The policy for --writes: which requests a run may send.

Servers can read an unusual request in different ways. The policy refuses a request if any server could
read it as a change that --writes does not allow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import decimal, normalize
from urllib.parse import parse_qsl

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.target.fake_ids import FAKE_PARAMETER, is_fake_id, is_fake_key
from workerkit.contracts.target.plan import Writes
from workerkit.openapi.exchange import Headers
from workerkit.openapi.formats.strict_json import MalformedJsonError, is_json, parse
from workerkit.openapi.spec.api import Match, UnknownPathError, WrongMethodError, worker_api
from workerkit.openapi.spec.flaw import FlawError

# Servers differ in how they read percent signs, dots, semicolons and empty segments: none is allowed.
_PATH = re.compile(r"(/[A-Za-z0-9-]+)+")
KNOWN_HEADERS = frozenset({"user-agent", "accept", "accept-encoding", "connection", "content-length"})
_JSON_TYPES = frozenset({"application/json"})
_SANDBOX_TYPES = _JSON_TYPES | {"text/plain"}
_UUID_LIKE = re.compile(r"(?:[0-9a-f]-*){32}")
_UUID_PARTS = re.compile(r"(.{8})(.{4})(.{4})(.{4})")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_TASK_WRITES = frozenset({"updateTask", "bulkUpdateTasks", "updateLink", "completeLink"})
_SANDBOX_WRITES = _TASK_WRITES | {"setRequestStatus", "setAccountStatus"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A request that is not sent yet.

    method: the HTTP method.
    path: the path after the base path, without the query.
    query: the query, without the question mark.
    headers: names in lower case, with their values.
    body: the bytes of the body.
    """

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes

    @property
    def api_key(self) -> str:
        """The API key in the headers, or an empty text."""
        return dict(self.headers).get(worker_api().key_header, "")


@dataclass(frozen=True, slots=True)
class WritePolicy:
    """Decides which requests may be sent. All ids are in lower case.

    With --writes all, every request is allowed.

    With --writes none, these requests are allowed:
    - GET /tasks.
    - A request without a key or with a fake key, because every correct server refuses it.
    - A request that is invalid in every dialect. A dialect is one way to decide all matters that the API page
      leaves open. With a real key, heartbeats and log batches with entries are not allowed even if they are
      invalid, because a server may store a part of them.
    All ids must be fake, except in GET /tasks.

    With --writes sandbox, requests that change the sandbox are allowed too. Heartbeats and log entries never
    belong to a sandbox.

    writes: the value of --writes.
    task_ids: the tasks of the sandbox.
    request_ids: the customers' requests whose status may change.
    account_ids: the accounts whose status may change.
    """

    writes: Writes
    task_ids: frozenset[str] = frozenset()
    request_ids: frozenset[str] = frozenset()
    account_ids: frozenset[str] = frozenset()

    def refusal(self, draft: Draft) -> str | None:
        """Why the request may not be sent, or None if it may be sent."""
        if self.writes is Writes.ALL:
            return None
        return self._ambiguous_form(draft) or self._forbidden_change(draft)

    def _ambiguous_form(self, draft: Draft) -> str | None:
        """Why servers or proxies could read the request in different ways, or None."""
        if not _PATH.fullmatch(draft.path):
            return "servers could read its path in different ways"
        names = [name for name, _ in draft.headers]
        unknown = set(names) - KNOWN_HEADERS - {"content-type", worker_api().key_header}
        if unknown or len(set(names)) < len(names):
            return f"it has an unknown or a repeated header: {', '.join(names)}"
        headers = dict(draft.headers)
        if headers.get("content-length", "0") != str(len(draft.body)):
            return "its Content-Length is wrong"
        if draft.body and headers.get("content-type", "") not in self._content_types():
            return f"its content type {headers.get('content-type')} is not allowed"
        return None

    def _content_types(self) -> frozenset[str]:
        return _JSON_TYPES if self.writes is Writes.NONE else _SANDBOX_TYPES

    def _forbidden_change(self, draft: Draft) -> str | None:
        try:
            match = lenient_spec.lenient_api().match(draft.method, worker_api().base_path + draft.path)
        except (UnknownPathError, WrongMethodError):
            return "the API has no operation with this method and path"
        if match.operation.id == "listTasks":
            return _list_refusal(draft)
        if draft.query:
            return "it has a query, which only GET /tasks may have"
        if _may_hide_text(draft.body):
            return "its body is not JSON and has backslashes, which a server could decode"
        outside_id = next(self._ids_outside(match, draft.body), None)
        if outside_id is not None:
            return f"it has the id {outside_id}, which is not in the sandbox"
        if not draft.api_key or is_fake_key(draft.api_key) or _is_harmless(match, draft):
            return None
        return self._refusal_of_change(match.operation.id)

    def _refusal_of_change(self, operation: str) -> str | None:
        if self.writes is Writes.SANDBOX and operation in _SANDBOX_WRITES:
            return None
        return f"a server could make a change, which --writes {self.writes} does not allow"

    def _ids_outside(self, match: Match, body: bytes) -> Iterator[str]:
        """The ids in the path and in the body that are neither fake nor allowed for this operation.

        An id is also found in upper case. In the body, it is also found with other hyphens, JSON escapes or
        digits that are not ASCII.
        """
        allowed = self._allowed_ids(match.operation.id)
        for value in match.path_values.values():
            if value.lower() not in allowed and not is_fake_id(value):
                yield value
        for found in _UUID_LIKE.findall(_plain_text(body)):
            uuid = _UUID_PARTS.sub(r"\1-\2-\3-\4-", found.replace("-", ""), count=1)
            if uuid not in allowed and not is_fake_id(uuid):
                yield found

    def _allowed_ids(self, operation: str) -> frozenset[str]:
        if operation in _TASK_WRITES:
            return self.task_ids
        return {"setRequestStatus": self.request_ids, "setAccountStatus": self.account_ids}.get(
            operation, frozenset()
        )


def _list_refusal(draft: Draft) -> str | None:
    if draft.body:
        return "it has a body, which GET /tasks must not have"
    named = {parameter.name for parameter in worker_api().operations["listTasks"].query_parameters}
    parameters = named | {FAKE_PARAMETER}
    try:
        names = {name for name, _ in parse_qsl(draft.query, keep_blank_values=True, errors="strict")}
    except ValueError:
        return "servers could read its query in different ways"
    return (
        None
        if names <= parameters
        else f"GET /tasks has no parameter {', '.join(sorted(names - parameters))}"
    )


def _may_hide_text(body: bytes) -> bool:
    return b"\\" in body and not is_json(body)


def _is_harmless(match: Match, draft: Draft) -> bool:
    """True if the request is invalid in every dialect, and a server cannot use any part of it."""
    operation = match.operation
    if operation.id == "heartbeat":
        # A server may store that the worker is alive before it checks the body.
        return False
    try:
        operation.parse_request(match.path_values, draft.query, draft.body)
    except FlawError:
        return operation.id != "sendLogs" or _has_no_entries(draft.body)
    return False


def _has_no_entries(body: bytes) -> bool:
    """True if the body cannot have a log entry in any field."""
    try:
        value = parse(body)
    except MalformedJsonError:
        return False
    members = value.values() if isinstance(value, dict) else [value]
    return not any(isinstance(member, dict | list) and member for member in members)


def _plain_text(body: bytes) -> str:
    """The body in lower case, with decoded escapes and with ASCII digits in place of other digits."""
    text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), body.decode("utf-8", "backslashreplace"))
    if not text.isascii():
        text = "".join(str(decimal(char, char)) for char in normalize("NFKC", text))
    return text.lower()
