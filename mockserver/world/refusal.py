"""Errors that the mock turns into an error answer."""

from __future__ import annotations

from workerkit.mockserver.http.answer import Answer
from workerkit.openapi.errors import WorkerkitError


class RefusalError(WorkerkitError):
    """The mock refuses a request.

    status: the HTTP status of the answer. The API page lists 400 (not valid), 401 (API key or server),
        403 (belongs to another server) and 404 (unknown).
    why: the reason in words, for the journal.
    """

    status = 500

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class InvalidRequestError(RefusalError):
    """The request is not valid."""

    status = 400


class UnauthorizedError(RefusalError):
    """The API key is not valid, or its server is not active."""

    status = 401


class NotYourTaskError(RefusalError):
    """The task, customer's request or account belongs to another server."""

    status = 403


class NotFoundError(RefusalError):
    """The thing that the request names does not exist."""

    status = 404


class UnsupportedMediaTypeError(RefusalError):
    """The content type of the body is not JSON, and the dialect checks the content type."""

    status = 415


class StatusFlowError(RefusalError):
    """The status flow of the API page does not allow the new status of a task.

    status: the HTTP status of the answer. The dialect chooses it.
    """

    def __init__(self, why: str, status: int) -> None:
        super().__init__(why)
        self.status = status


class MethodNotAllowedError(RefusalError):
    """The path exists, but not with this method.

    allowed: the methods of the path.
    """

    status = 405

    def __init__(self, why: str, allowed: tuple[str, ...]) -> None:
        super().__init__(why)
        self.allowed = allowed


class FaultAnswerError(RefusalError):
    """A fault refuses the request.

    retry_after: the value of the header Retry-After; None for no header.
    """

    status = 503

    def __init__(self, why: str, status: int = 503, retry_after: str | None = None) -> None:
        super().__init__(why)
        self.status = status
        self.retry_after = retry_after


class ScriptedAnswerError(RefusalError):
    """The scenario gives the answer. This answer may also be a success.

    answer: the answer to send.
    """

    def __init__(self, answer: Answer) -> None:
        super().__init__("the scenario answered")
        self.answer = answer


class ConflictError(RefusalError):
    """A name or key is already in use."""

    status = 409


class NoRoomError(RefusalError):
    """The mock may not store more."""

    status = 507
