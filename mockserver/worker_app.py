"""The face of the worlds: the Worker API over ASGI. `answer` is the way of a request, one step a line."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from workerkit.mockserver.answer import Answer, json_answer
from workerkit.mockserver.director import Director
from workerkit.mockserver.entities import Server
from workerkit.mockserver.incoming import MOST_BYTES, Gone, Incoming, receive_request
from workerkit.mockserver.operations import ACTS, check_subject
from workerkit.mockserver.refusal import Invalid, MethodNotAllowed, NotFound, Refusal, Unauthorized
from workerkit.mockserver.world import World
from workerkit.mockserver.worlds import Worlds
from workerkit.openapi.api import Api, Match, UnknownPath, WrongMethod
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.flaw import Flaw
from workerkit.openapi.operation import Call

_log = logging.getLogger("workerkit.mockserver")
_NO_ENCODING = (None, "identity")


class Broken(Refusal):
    """The mock itself failed; the trace is in its log."""

    status = 500


@dataclass(slots=True)
class _Visit:
    """How far a request has come: what is known of it when it is answered or refused."""

    incoming: Incoming
    director: Director
    key: str | None
    began: float
    operation: str | None = None

    @property
    def world(self) -> World:
        return self.director.world

    @property
    def key_owner(self) -> str | None:
        return self.world.key_owner(self.key) if self.key is not None else None


class WorkerApp:
    """An ASGI application. Between reading a request and sending its answer nothing waits: each is atomic."""

    def __init__(self, api: Api, worlds: Worlds) -> None:
        if set(api.operations) != set(ACTS):
            raise ValueError(f"the spec and the mock differ in {set(api.operations) ^ set(ACTS)}")
        self._api = api
        self._worlds = worlds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            incoming = await receive_request(scope, receive)
        except Gone:
            return
        await self.answer(incoming).send(send)

    def answer(self, incoming: Incoming) -> Answer:
        """The answer to a request. It is in its world's journal when this returns."""
        key = incoming.header(self._api.key_header)
        director = self._worlds.owner(key)
        if director is None:
            return self._refused(Unauthorized("this mock has no world"), incoming)
        visit = _Visit(incoming, director, key, director.world.clock.now())
        answer, why = self._answered_or_refused(visit)
        _record(visit, answer, why)
        return answer

    def _walk(self, visit: _Visit) -> Answer:
        """The way of a request, one step a line; each step may refuse it."""
        match = self._match(visit)
        server = self._authenticate(visit)
        call = self._read(visit, match, server)
        return json_answer(ACTS[call.operation.id](visit.world, server, call))

    def _answered_or_refused(self, visit: _Visit) -> tuple[Answer, str]:
        try:
            return self._walk(visit), ""
        except Refusal as refusal:
            return self._refused(refusal, visit.incoming), refusal.why
        except Exception as error:
            _log.exception("%s %s failed in the mock", visit.incoming.method, visit.incoming.path)
            return self._refused(Broken(repr(error)), visit.incoming), repr(error)

    def _match(self, visit: _Visit) -> Match:
        incoming = visit.incoming
        try:
            match = self._api.match(incoming.method, incoming.path)
            visit.operation = match.operation.id
            return match
        except UnknownPath:
            raise NotFound(f"{incoming.path} is no path of this API") from None
        except WrongMethod as error:
            why = f"{incoming.method} is no method of {incoming.path}; {error} is"
            raise MethodNotAllowed(why, error.allowed) from None
        finally:
            visit.director.speak(visit.operation)

    def _authenticate(self, visit: _Visit) -> Server:
        if visit.key is None:
            raise Unauthorized(f"the header {self._api.key_header} has to come, once")
        server = visit.world.key_holder(visit.key)
        if server is None:
            raise Unauthorized(_why_refused(visit.key_owner))
        if server.status not in self._api.active_statuses:
            raise Unauthorized(f"{server.name} is {server.status}")
        return server

    def _read(self, visit: _Visit, match: Match, server: Server) -> Call:
        incoming = visit.incoming
        if incoming.oversize:
            raise Invalid(f"the body has more than {MOST_BYTES} bytes")
        if incoming.header("content-encoding") not in _NO_ENCODING:
            raise Invalid("an encoded body is not read here")
        try:
            return match.operation.read(match.path_values, incoming.query, incoming.body)
        except Flaw as flaw:
            _check_subject_first(visit, match, server)
            raise Invalid(str(flaw)) from None

    def _refused(self, refusal: Refusal, incoming: Incoming) -> Answer:
        extra: tuple[tuple[bytes, bytes], ...] = ()
        if isinstance(refusal, MethodNotAllowed):
            extra = ((b"allow", ", ".join(refusal.allowed).encode()),)
        if incoming.oversize:
            extra = (*extra, (b"connection", b"close"))
        body = {"success": False, "error": self._api.error_code(refusal.status)}
        return json_answer(body, refusal.status, extra)


def _why_refused(owner: str | None) -> str:
    return f"the key of {owner} does not work now" if owner else "the API key is no server's"


def _check_subject_first(visit: _Visit, match: Match, server: Server) -> None:
    """Another server's or an unknown entity is refused as such, even where the rest is not valid."""
    subject = match.operation.subject
    subject_id = match.operation.subject_id(match.path_values, visit.incoming.body)
    if subject is not None and subject_id is not None:
        check_subject(visit.world, server, subject.kind, subject_id)


def _record(visit: _Visit, answer: Answer, why: str) -> None:
    incoming, journal = visit.incoming, visit.world.journal
    journal.add(
        Exchange(
            number=journal.next_number(),
            operation=visit.operation,
            server=visit.key_owner,
            method=incoming.method,
            path=incoming.path,
            query=incoming.query,
            request_headers=incoming.headers,
            request_body=incoming.body,
            status=answer.status,
            answer_headers=tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in answer.headers),
            answer_body=answer.body,
            began=visit.began,
            ended=visit.world.clock.now(),
            why=why,
        )
    )
