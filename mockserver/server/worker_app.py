"""The Worker API as an ASGI application. `WorkerApp._handle` shows the steps of a request, one per line."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from traceback import format_exc
from typing import Any

from starlette.types import Receive, Scope, Send

from workerkit.mockserver.faults.request_faults import RequestFaults, faults_for_request
from workerkit.mockserver.http.answer import Answer, json_answer
from workerkit.mockserver.http.connection import connection_of
from workerkit.mockserver.http.delivery import Delivery
from workerkit.mockserver.http.request import MAX_BODY_BYTES, ClientGoneError, Request, receive_request
from workerkit.mockserver.metrics.request_figures import RequestFigures
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.journal import JournalNote
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
from workerkit.openapi.formats.visible_text import visible_text
from workerkit.openapi.languages.phrase import error_text, joined, phrase
from workerkit.openapi.spec.api import Api, Match, UnknownPathError, WrongMethodError, worker_api
from workerkit.openapi.spec.flaw import FlawError
from workerkit.openapi.spec.operation import Call

_log = logging.getLogger("workerkit.mockserver")
_GET, _HEAD = "GET", "HEAD"


def _nothing() -> None:
    """There is no answer yet."""


class MockFailedError(RefusalError):
    """The mock itself failed. Its log has the traceback."""

    status = 500


@dataclass(slots=True)
class _RequestContext:
    """A request with everything that the mock has found out about it so far.

    began: when the request came, in seconds since 1970.
    operation: the id of the operation; None while no operation matches.
    faults: the faults that apply to the request, or None.
    """

    request: Request
    director: Director
    world: World
    key: str | None
    began: float
    operation: str | None = None
    faults: RequestFaults | None = None

    @property
    def key_owner(self) -> str | None:
        return self.world.key_ring.owner(self.key) if self.key is not None else None


class WorkerApp:
    """The ASGI application of the Worker API.

    The code that creates an answer has no `await`. So no other request can change the world in the meantime.

    answers_origins: whether a part around this application changes the answers to web pages of other origins.
    figures: counts the requests.
    """

    def __init__(self, worlds: Worlds, *, answers_origins: bool = False) -> None:
        self._worlds = worlds
        self.figures = RequestFigures()
        self._answers_origins = answers_origins
        self._key_header = worker_api().key_header
        # Records that the client did not take the answer that was made last.
        self.note_undelivered: Callable[[], None] = _nothing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = await receive_request(scope, receive)
        except ClientGoneError:
            return
        began = time.perf_counter()
        answer, context = self._answer(request, self._director_for(request))
        if (connection := connection_of(scope)) is not None:
            connection.expect_delivery(self.note_undelivered)
        if context is None or context.faults is None:
            await answer.send(send)
        else:
            delivery = Delivery(scope, send, context.faults.now)
            try:
                await context.faults.deliver(answer, delivery)
            finally:
                self._count_faulty(context, delivery.status, time.perf_counter() - began)

    def answer(self, request: Request) -> Answer:
        """Answers a request and adds it to the journal.

        Faults that change only the delivery of the answer (for example a delay) have no effect.
        """
        return self._answer(request, self._director_for(request))[0]

    def answer_directly(self, request: Request) -> Answer | None:
        """Answers a request if nothing could change the answer. Otherwise does nothing.

        Returns the answer or None.
        """
        director = self._director_for(request)
        if director is None or director.may_change_answers:
            return None
        if self._answers_origins and any(name == "origin" for name, _ in request.headers.pairs):
            return None
        return self._answer(request, director)[0]

    def _director_for(self, request: Request) -> Director | None:
        return self._worlds.director_for_key(request.header(self._key_header))

    def _answer(self, request: Request, director: Director | None) -> tuple[Answer, _RequestContext | None]:
        """The answer, and the request if its faults have to send the answer."""
        began = time.perf_counter()
        if director is None:
            return _error_answer(worker_api(), UnauthorizedError("this mock has no world"), request), None
        world, key = director.world, request.header(self._key_header)
        context = _RequestContext(request, director, world, key, world.clock.now())
        answer, why = self._handle_or_refuse(context)
        if request.method == _HEAD:
            answer = Answer(answer.status, answer.headers, b"")
        director.after_request(answer, context.faults.applied if context.faults else ())
        number = _add_to_journal(context, answer, why)
        self.note_undelivered = partial(world.undelivered.append, number)
        if context.faults is not None:
            return answer, context
        self.figures.add_request(context.operation, answer.status, time.perf_counter() - began)
        return answer, None

    def _count_faulty(self, context: _RequestContext, status: int | None, seconds: float) -> None:
        """Counts a request after its faults have sent the answer, or nothing."""
        assert context.faults is not None
        self.figures.add_faults(fault.kind for fault in context.faults.applied)
        self.figures.add_request(context.operation, status, seconds)

    def _handle(self, context: _RequestContext) -> Answer:
        """Handles a request. Each step may raise a RefusalError."""
        match = self._match(context)
        server = self._authenticate(context)
        call = self._parse(context, match, server)
        handler = self._handler(context, call)
        return json_answer(handler(context.world, server, call))

    def _handle_or_refuse(self, context: _RequestContext) -> tuple[Answer, str]:
        """The answer, and the reason if it is an error answer."""
        request, api = context.request, context.world.api
        try:
            return self._handle(context), ""
        except RefusalError as refusal:
            if not isinstance(refusal, FaultAnswerError | ScriptedAnswerError):
                self.figures.add_refusal(context.operation, refusal.status)
            return _error_answer(api, refusal, request), refusal.why
        except Exception as error:
            text = f"the mock failed to answer {request.method} {request.path}\n{format_exc()}"
            _log.error("%s", visible_text(mask_of(context.world).text(text)))
            return _error_answer(api, MockFailedError(repr(error)), request), repr(error)

    def _match(self, context: _RequestContext) -> Match:
        """Finds the operation, then runs the scenario and the faults.

        The scenario and the faults run even if the path or the method is unknown. HEAD gets the answer of
        GET, without the body. For the scenario, the faults and the journal, HEAD is no call of an operation.
        """
        request = context.request
        try:
            if request.method == _HEAD:
                return context.world.api.match(_GET, request.path)
            match = context.world.api.match(request.method, request.path)
            context.operation = match.operation.id
            return match
        except UnknownPathError:
            raise NotFoundError(phrase("the API has no path {path}", path=request.path)) from None
        except WrongMethodError as error:
            why = phrase(
                "{path} does not allow the method {method}; it allows {allowed}",
                path=request.path,
                method=request.method,
                allowed=error,
            )
            head = (_HEAD,) if _GET in error.allowed else ()
            raise MethodNotAllowedError(why, (*error.allowed, *head)) from None
        finally:
            context.director.before_request(context.operation, context.request)
            if context.world.faults:
                self._apply_faults(context)

    def _apply_faults(self, context: _RequestContext) -> None:
        context.faults = faults_for_request(context.world, context.operation, at=context.began)
        if context.faults is not None:
            context.faults.before_handling()

    def _authenticate(self, context: _RequestContext) -> Server:
        if context.key is None:
            raise UnauthorizedError(
                phrase("the request must have the header {name} exactly once", name=self._key_header)
            )
        server = context.world.key_ring.server_for(context.key)
        if server is None:
            raise UnauthorizedError(_reason_key_refused(context.key_owner))
        if not context.world.is_active(server) and not _heartbeat_activates_server(context):
            raise UnauthorizedError(f"{server.name} is {server.status}")
        return server

    def _parse(self, context: _RequestContext, match: Match, server: Server) -> Call:
        request = context.request
        if request.is_too_large:
            raise InvalidRequestError(phrase("the body has more than {limit} bytes", limit=MAX_BODY_BYTES))
        if request.headers.is_encoded:
            raise InvalidRequestError(
                phrase("the mock cannot decode the body: send it without content-encoding")
            )
        body = request.body if match.operation.body_validator is None else _readable_body(context)
        try:
            return match.operation.parse_request(match.path_values, request.query, body)
        except FlawError as flaw:
            if _is_owner_checked_first(context, body):
                _check_subject(context, match, server, body)
            is_ignored = body is not request.body
            ignored = _ignored_text(context) if is_ignored else ""
            raise InvalidRequestError(joined("", (error_text(flaw), ignored))) from None

    def _handler(self, context: _RequestContext, call: Call) -> Handler:
        handler = HANDLERS[call.operation.id]
        return handler if context.faults is None else context.faults.wrap_handler(handler)


def _error_answer(api: Api, refusal: RefusalError, request: Request) -> Answer:
    if isinstance(refusal, ScriptedAnswerError):
        return refusal.answer
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if isinstance(refusal, MethodNotAllowedError):
        headers = ((b"allow", ", ".join(refusal.allowed).encode()),)
    if isinstance(refusal, FaultAnswerError) and refusal.retry_after is not None:
        headers = ((b"retry-after", refusal.retry_after.encode()),)
    if request.is_too_large:
        headers = (*headers, (b"connection", b"close"))
    return json_answer(_error_body(api, refusal), refusal.status, headers)


def _error_body(api: Api, refusal: RefusalError) -> dict[str, Any]:
    code = api.error_code(refusal.status)
    match api.dialect["error-body"]:
        case "code-and-message":
            return {"success": False, "error": code, "message": refusal.why}
        case "nested":
            return {"success": False, "error": {"code": code, "message": refusal.why}}
    return {"success": False, "error": code}


def _reason_key_refused(owner: str | None) -> str:
    return (
        phrase("the key of {owner} does not work now", owner=owner)
        if owner
        else phrase("the API key belongs to no server")
    )


def _heartbeat_activates_server(context: _RequestContext) -> bool:
    return context.operation == "heartbeat" and context.world.dialect["offline-heartbeat"] == "revives"


def _is_owner_checked_first(context: _RequestContext, body: bytes) -> bool:
    """Whether the mock checks the owner of a task, request or account before it refuses a wrong body."""
    first = context.world.dialect["first-check"]
    return first == "owner" or (first == "json" and is_json(body))


def _readable_body(context: _RequestContext) -> bytes:
    """The body, as far as the dialect reads it: it may ignore or refuse a body that is not called JSON."""
    policy, request = context.world.dialect["content-type"], context.request
    if policy == "any" or request.headers.is_json or not request.body:
        return request.body
    if policy == "ignored":
        return b""
    error_type = InvalidRequestError if policy == "bad-request" else UnsupportedMediaTypeError
    raise error_type(
        phrase(
            "the content type is {content_type}, not application/json", content_type=_content_type(context)
        )
    )


def _ignored_text(context: _RequestContext) -> str:
    return phrase(
        " (the body was ignored, because its content type is {content_type})",
        content_type=_content_type(context),
    )


def _content_type(context: _RequestContext) -> str:
    return context.request.header("content-type") or "missing"


def _check_subject(context: _RequestContext, match: Match, server: Server, body: bytes) -> None:
    """Raises NotFoundError or NotYourTaskError if the server may not change the entity of the request."""
    subject = match.operation.subject
    subject_id = match.operation.subject_id(match.path_values, body)
    if subject is not None and subject_id is not None:
        check_subject(context.world, server, subject.kind, subject_id)


def _add_to_journal(context: _RequestContext, answer: Answer, why: str) -> int:
    """Returns the number of the exchange."""
    request, journal = context.request, context.world.journal
    note = JournalNote(  # positional arguments: keyword arguments take twice as long
        journal.next_number(),
        context.operation,
        context.key_owner,
        request.method,
        request.path,
        request.query,
        request.headers.pairs,
        request.body,
        answer.status,
        answer.headers,
        answer.body,
        context.began,
        context.world.clock.now(),
        why,
    )
    if context.faults is None:
        journal.add_note(note)
    else:
        context.faults.begin_exchange(note.to_exchange())
    return note.number
