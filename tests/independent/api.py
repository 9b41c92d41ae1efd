"""Finds the operation of a request and answers it."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar
from urllib.parse import unquote

from tests.independent.bodies import Bodies
from tests.independent.bulk import Bulk
from tests.independent.call import Answer, Call, Record
from tests.independent.callbacks import Callbacks
from tests.independent.errors import Errors
from tests.independent.gate import Gate
from tests.independent.heartbeats import Heartbeats
from tests.independent.listing import Listing
from tests.independent.logs import Logs
from tests.independent.part import SharedState
from tests.independent.refusal import RefusalError
from tests.independent.updating import Updating

ROUTES = {
    "/health": {"POST": "heartbeat"},
    "/tasks": {"GET": "list"},
    "/tasks/bulk": {"PUT": "bulk"},
    "/logs": {"POST": "logs"},
    "/callback/link/update": {"POST": "link_update"},
    "/callback/link/complete": {"POST": "link_complete"},
    "/callback/request/status": {"POST": "request_status"},
    "/callback/account/status": {"POST": "account_status"},
}
_TASK = {"PUT": "update"}


P = TypeVar("P")


def select_part(part: type[P], faulty_part: type) -> type[P]:
    """Returns the faulty part if it is a subclass of the correct part, else the correct part."""
    return faulty_part if issubclass(faulty_part, part) else part


class Api:
    """Answers requests. Safe for threads.

    faulty_part: replaces the part that is its base class.
    """

    def __init__(self, shared: SharedState, faulty_part: type = object) -> None:
        self.choices = shared.choices
        self.gate = select_part(Gate, faulty_part)(shared)
        self.bodies = select_part(Bodies, faulty_part)(shared)
        self.errors = select_part(Errors, faulty_part)(shared)
        self.heartbeats = select_part(Heartbeats, faulty_part)(shared)
        self.listing = select_part(Listing, faulty_part)(shared)
        self.updating = select_part(Updating, faulty_part)(shared)
        self.bulk = select_part(Bulk, faulty_part)(shared)
        self.logs = select_part(Logs, faulty_part)(shared)
        self.callbacks = select_part(Callbacks, faulty_part)(shared)

    def answer(self, call: Call) -> Answer:
        try:
            return self.route(call)
        except RefusalError as refusal:
            return self.errors.answer(refusal)
        except Exception:
            return self.errors.answer(RefusalError(500, "internal_error"))

    def route(self, call: Call) -> Answer:
        methods = self.methods(call.path)
        server = self.gate.authenticate(call, methods.get(call.method))
        if not methods:
            raise RefusalError(404, "not_found")
        if call.method not in methods:
            return self._wrong_method(methods)
        return Answer(200, self.operate(methods[call.method], server, call))

    def methods(self, path: str) -> dict[str, str]:
        """Returns the operations of a path by HTTP method. Empty for an unknown path."""
        start, _, last = path.rpartition("/")
        return ROUTES.get(path, _TASK if start == "/tasks" and last else {})

    def operate(self, operation: str, server: Record, call: Call) -> Record:
        if operation == "list":
            return self.listing.answer(server, call.query)
        body = self.bodies.read(call)
        if operation == "update":
            return self.updating.answer(server, unquote(call.path.rpartition("/")[2]), body)
        return {
            "heartbeat": self.heartbeats.answer,
            "bulk": self.bulk.answer,
            "logs": self.logs.answer,
            "link_update": self.callbacks.link_update,
            "link_complete": self.callbacks.link_complete,
            "request_status": self.callbacks.request_status,
            "account_status": self.callbacks.account_status,
        }[operation](server, body)

    def _wrong_method(self, methods: dict[str, str]) -> Answer:
        answer = self.errors.answer(RefusalError(self.choices.wrong_method, "wrong_method"))
        return replace(answer, allow=", ".join(methods))
