"""What may leave: each request is read as the strangest server would read it, and held against the plan."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import decimal, normalize
from urllib.parse import parse_qsl

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.target.fake_ids import is_fake_id, is_fake_key
from workerkit.contracts.target.plan import Writes
from workerkit.contracts.target.target import BASE_PATH
from workerkit.openapi.exchange import Headers
from workerkit.openapi.formats.strict_json import MalformedJsonError, is_json, parse
from workerkit.openapi.spec.api import Match, UnknownPathError, WrongMethodError, worker_api
from workerkit.openapi.spec.flaw import FlawError

# No percent sign, dot, semicolon or empty step: what one server resolves, another takes as it is.
_PATH = re.compile(r"(/[A-Za-z0-9-]+)+")
KNOWN_HEADERS = frozenset({"user-agent", "accept", "accept-encoding", "connection", "content-length"})
_SURELY_JSON = frozenset({"application/json"})
_CONTENT_TYPES = _SURELY_JSON | {"text/plain"}
_UUID_LIKE = re.compile(r"(?:[0-9a-f]-*){32}")
_UUID_PARTS = re.compile(r"(.{8})(.{4})(.{4})(.{4})")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_TASK_WRITES = frozenset({"updateTask", "bulkUpdateTasks", "updateLink", "completeLink"})
_SANDBOX_WRITES = _TASK_WRITES | {"setRequestStatus", "setAccountStatus"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A request as it would leave. `path` is that below the base path, without the query."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes

    @property
    def api_key(self) -> str:
        """The key that it shows, or nothing."""
        return dict(self.headers).get(worker_api().key_header, "")


@dataclass(frozen=True, slots=True)
class WritePolicy:
    """What a run may send by its writes mode.

    `all` is anything. With `none`, only lists leave, and requests that every sound server refuses: for their
    key, which is missing or made up, or for their shape, which no dialect allows, and these name made-up ids
    at most. With `sandbox`, what changes the `tasks` leaves, too, and the status of the `requests`
    and `accounts`. Heartbeats and log entries change what is in no sandbox: with a key that may be a server's
    they leave with `all` only. Ids are in lower case.
    """

    writes: Writes
    tasks: frozenset[str] = frozenset()
    requests: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()

    def refusal(self, draft: Draft) -> str | None:
        """Why the request may not leave, or None where it may."""
        if self.writes is Writes.ALL:
            return None
        return self._odd_form(draft) or self._odd_matter(draft)

    def _odd_form(self, draft: Draft) -> str | None:
        """What could be read otherwise by another server, or by a proxy on the way."""
        if not _PATH.fullmatch(draft.path):
            return "its path could be read in more than one way"
        names = [name for name, _ in draft.headers]
        strange = set(names) - KNOWN_HEADERS - {"content-type", worker_api().key_header}
        if strange or len(set(names)) < len(names):
            return f"it has headers that the API does not know, or one of them twice: {', '.join(names)}"
        headers = dict(draft.headers)
        if headers.get("content-length", "0") != str(len(draft.body)):
            return "its length is not the one that it names"
        if draft.body and headers.get("content-type", "") not in self._content_types():
            return f"its content type is {headers.get('content-type')}"
        return None

    def _content_types(self) -> frozenset[str]:
        return _SURELY_JSON if self.writes is Writes.NONE else _CONTENT_TYPES

    def _odd_matter(self, draft: Draft) -> str | None:
        try:
            match = lenient_spec.lenient_api().match(draft.method, BASE_PATH + draft.path)
        except (UnknownPathError, WrongMethodError):
            return "it is for no operation"
        if match.operation.id == "listTasks":
            return _odd_list(draft)
        if draft.query:
            return "a write has no query"
        if _hides_something(draft.body):
            return "it is no JSON, and has escapes that a server could read"
        stranger = next(self._strangers(match, draft.body), None)
        if stranger is not None:
            return f"it names {stranger}, which is not in the sandbox"
        if not draft.api_key or is_fake_key(draft.api_key) or _is_idle(match, draft):
            return None
        return self._effective(match.operation.id)

    def _effective(self, operation: str) -> str | None:
        """Of a request that a server may act on, and that names nothing outside the sandbox."""
        if self.writes is Writes.SANDBOX and operation in _SANDBOX_WRITES:
            return None
        return f"a server may act on it, which writes={self.writes} does not allow"

    def _strangers(self, match: Match, body: bytes) -> Iterator[str]:
        """What the request names that it must not: ids, wherever they stand and however they are written."""
        known = self._known(match.operation.id)
        for value in match.path_values.values():
            if value.lower() not in known and not is_fake_id(value):
                yield value
        for found in _UUID_LIKE.findall(_plain_text(body)):
            task_id = _UUID_PARTS.sub(r"\1-\2-\3-\4-", found.replace("-", ""), count=1)
            if task_id not in known and not is_fake_id(task_id):
                yield found

    def _known(self, operation: str) -> frozenset[str]:
        if operation in _TASK_WRITES:
            return self.tasks
        return {"setRequestStatus": self.requests, "setAccountStatus": self.accounts}.get(
            operation, frozenset()
        )


def _odd_list(draft: Draft) -> str | None:
    if draft.body:
        return "a list has no body"
    parameters = {
        query_parameter.name for query_parameter in worker_api().operations["listTasks"].query_parameters
    }
    try:
        names = {name for name, _ in parse_qsl(draft.query, keep_blank_values=True, errors="strict")}
    except ValueError:
        return "its query could be read in more than one way"
    return None if names <= parameters else f"a list has no {', '.join(sorted(names - parameters))}"


def _hides_something(body: bytes) -> bool:
    return b"\\" in body and not is_json(body)


def _is_idle(match: Match, draft: Draft) -> bool:
    """True where every dialect refuses the request for its shape, and there is nothing in it to act on."""
    operation = match.operation
    if operation.id == "heartbeat":
        # A server may note the sign of life before it looks at the body.
        return False
    try:
        operation.read(match.path_values, draft.query, draft.body)
    except FlawError:
        return operation.id != "sendLogs" or _has_no_members(draft.body)
    return False


def _has_no_members(body: bytes) -> bool:
    """True where no log entry can stand in a body, under whatever name."""
    try:
        value = parse(body)
    except MalformedJsonError:
        return False
    members = value.values() if isinstance(value, dict) else [value]
    return not any(isinstance(member, dict | list) and member for member in members)


def _plain_text(body: bytes) -> str:
    """A body with its escapes read, in small letters, with ASCII digits."""
    text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), body.decode("utf-8", "backslashreplace"))
    if not text.isascii():
        text = "".join(str(decimal(each, each)) for each in normalize("NFKC", text))
    return text.lower()
