"""The face of the worlds: the Worker API over ASGI. `answer` is the way of a request, one step a line."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from traceback import format_exc
from typing import Any

from starlette.types import Receive, Scope, Send

from workerkit.mockserver.faults.strike import RequestFaults, request_faults
from workerkit.mockserver.http.answer import Answer, json_answer
from workerkit.mockserver.http.delivery import Delivery
from workerkit.mockserver.http.request import MOST_BYTES, ClientGoneError, Request, receive_request
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.journal_note import JournalNote
from workerkit.mockserver.world.operations import HANDLERS, Handler, check_subject
from workerkit.mockserver.world.refusal import (
    FaultAnswerError,
    InvalidRequestError,
    MethodNotAllowedError,
    NotFoundError,
    RefusalError,
    ScriptedAnswerError,
    UnauthorizedError,
    UnsupportedMediaTypeError,
)
from workerkit.mockserver.world.world import World
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.formats.strict_json import is_json
from workerkit.openapi.spec.api import Api, Match, UnknownPathError, WrongMethodError, worker_api
from workerkit.openapi.spec.flaw import FlawError
from workerkit.openapi.spec.operation import Call

_log = logging.getLogger("workerkit.mockserver")
_NO_ENCODING = (None, "identity")


class MockFailedError(RefusalError):
    """The mock itself failed; the trace is in its log."""

    status = 500


@dataclass(slots=True)
class _Visit:
    """How far a request has come: what is known of it when it is answered or refused."""

    request: Request
    director: Director
    world: World
    key: str | None
    began: float
    operation: str | None = None
    strike: RequestFaults | None = None

    @property
    def key_owner(self) -> str | None:
        return self.world.key_owner(self.key) if self.key is not None else None


class WorkerApp:
    """An ASGI application. Between reading a request and sending its answer nothing waits: each is atomic."""

    def __init__(self, worlds: Worlds) -> None:
        self._worlds = worlds
        self._key_header = worker_api().key_header

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = await receive_request(scope, receive)
        except ClientGoneError:
            return
        answer, strike = self._answer(request, self._owner(request))
        if strike is None:
            await answer.send(send)
        else:
            await strike.deliver(answer, Delivery(scope, send, strike.now))

    def answer(self, request: Request) -> Answer:
        """The answer to a request, before faults reach the wire. It is in its world's journal then."""
        return self._answer(request, self._owner(request))[0]

    def answer_at_once(self, request: Request) -> Answer | None:
        """The answer where no fault and no scenario may have a say; None, and nothing done, where one may."""
        director = self._owner(request)
        if director is None or director.may_interfere:
            return None
        return self._answer(request, director)[0]

    def _owner(self, request: Request) -> Director | None:
        return self._worlds.owner(request.header(self._key_header))

    def _answer(self, request: Request, director: Director | None) -> tuple[Answer, RequestFaults | None]:
        if director is None:
            return _refused(worker_api(), UnauthorizedError("this mock has no world"), request), None
        world, key = director.world, request.header(self._key_header)
        visit = _Visit(request, director, world, key, world.clock.now())
        answer, why = self._answered_or_refused(visit)
        director.settle()
        _record(visit, answer, why)
        return answer, visit.strike

    def _walk(self, visit: _Visit) -> Answer:
        """The way of a request, one step a line; each step may refuse it."""
        match = self._match(visit)
        server = self._authenticate(visit)
        call = self._read(visit, match, server)
        handler = self._act(visit, call)
        return json_answer(handler(visit.world, server, call))

    def _answered_or_refused(self, visit: _Visit) -> tuple[Answer, str]:
        try:
            return self._walk(visit), ""
        except RefusalError as refusal:
            return _refused(visit.world.api, refusal, visit.request), refusal.why
        except Exception as error:
            asked = f"{visit.request.method} {visit.request.path}"
            told = mask_of(visit.world).text(f"{asked} failed in the mock\n{format_exc()}")
            _log.error("%s", told)
            return _refused(visit.world.api, MockFailedError(repr(error)), visit.request), repr(error)

    def _match(self, visit: _Visit) -> Match:
        request = visit.request
        try:
            match = visit.world.api.match(request.method, request.path)
            visit.operation = match.operation.id
            return match
        except UnknownPathError:
            raise NotFoundError(f"{request.path} is no path of this API") from None
        except WrongMethodError as error:
            why = f"{request.method} is no method of {request.path}; {error} is"
            raise MethodNotAllowedError(why, error.allowed) from None
        finally:
            visit.director.speak(visit.operation, visit.request)
            if visit.world.faults:
                self._suffer(visit)

    def _suffer(self, visit: _Visit) -> None:
        visit.strike = request_faults(visit.world, visit.operation, at=visit.began)
        if visit.strike is not None:
            visit.strike.before()

    def _authenticate(self, visit: _Visit) -> Server:
        if visit.key is None:
            raise UnauthorizedError(f"the header {self._key_header} has to come, once")
        server = visit.world.key_holder(visit.key)
        if server is None:
            raise UnauthorizedError(_why_refused(visit.key_owner))
        if not visit.world.is_active(server) and not _may_revive(visit):
            raise UnauthorizedError(f"{server.name} is {server.status}")
        return server

    def _read(self, visit: _Visit, match: Match, server: Server) -> Call:
        request = visit.request
        if request.oversize:
            raise InvalidRequestError(f"the body has more than {MOST_BYTES} bytes")
        if request.header("content-encoding") not in _NO_ENCODING:
            raise InvalidRequestError("an encoded body is not read here")
        if match.operation.body is not None:
            _check_content_type(visit)
        try:
            return match.operation.read(match.path_values, request.query, request.body)
        except FlawError as flaw:
            if _is_owner_first(visit):
                _check_subject(visit, match, server)
            raise InvalidRequestError(str(flaw)) from None

    def _act(self, visit: _Visit, call: Call) -> Handler:
        handler = HANDLERS[call.operation.id]
        return handler if visit.strike is None else visit.strike.wrapped(handler)


def _refused(api: Api, refusal: RefusalError, request: Request) -> Answer:
    if isinstance(refusal, ScriptedAnswerError):
        return refusal.answer
    extra: tuple[tuple[bytes, bytes], ...] = ()
    if isinstance(refusal, MethodNotAllowedError):
        extra = ((b"allow", ", ".join(refusal.allowed).encode()),)
    if isinstance(refusal, FaultAnswerError) and refusal.retry_after is not None:
        extra = ((b"retry-after", b"%d" % refusal.retry_after),)
    if request.oversize:
        extra = (*extra, (b"connection", b"close"))
    return json_answer(_error_body(api, refusal), refusal.status, extra)


def _error_body(api: Api, refusal: RefusalError) -> dict[str, Any]:
    code = api.error_code(refusal.status)
    match api.dialect["error-body"]:
        case "code-and-message":
            return {"success": False, "error": code, "message": refusal.why}
        case "nested":
            return {"success": False, "error": {"code": code, "message": refusal.why}}
    return {"success": False, "error": code}


def _why_refused(owner: str | None) -> str:
    return f"the key of {owner} does not work now" if owner else "the API key is no server's"


def _may_revive(visit: _Visit) -> bool:
    return visit.operation == "heartbeat" and visit.world.dialect["offline-heartbeat"] == "revives"


def _is_owner_first(visit: _Visit) -> bool:
    """Whether it comes before what is wrong with a request whose task it is for."""
    first = visit.world.dialect["first-check"]
    return first == "owner" or (first == "json" and is_json(visit.request.body))


def _check_content_type(visit: _Visit) -> None:
    wanted = visit.world.dialect["content-type"]
    if wanted == "any" or visit.request.headers.is_json:
        return
    refuse = InvalidRequestError if wanted == "bad-request" else UnsupportedMediaTypeError
    given = visit.request.header("content-type") or "missing"
    raise refuse(f"the content type is {given}, not application/json")


def _check_subject(visit: _Visit, match: Match, server: Server) -> None:
    """Another server's or an unknown entity is refused as such, even where the rest is not valid."""
    subject = match.operation.subject
    subject_id = match.operation.subject_id(match.path_values, visit.request.body)
    if subject is not None and subject_id is not None:
        check_subject(visit.world, server, subject.kind, subject_id)


def _record(visit: _Visit, answer: Answer, why: str) -> None:
    request, journal = visit.request, visit.world.journal
    note = JournalNote(  # by place: names would double its time
        journal.next_number(),
        visit.operation,
        visit.key_owner,
        request.method,
        request.path,
        request.query,
        request.headers.pairs,
        request.body,
        answer.status,
        answer.headers,
        answer.body,
        visit.began,
        visit.world.clock.now(),
        why,
    )
    if visit.strike is None:
        journal.note(note)
    else:
        visit.strike.keep(note.exchange())
