"""What a request is refused with."""

from __future__ import annotations

from workerkit.mockserver.http.answer import Answer
from workerkit.openapi.errors import WorkerkitError


class RefusalError(WorkerkitError):
    """An error answer. `status` is its HTTP status, `why` says in words what is wrong, for the journal.

    The page's table of errors: 400 not valid, 401 key or server, 403 another server's, 404 unknown.
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
    """The entity belongs to another server."""

    status = 403


class NotFoundError(RefusalError):
    """There is no such thing."""

    status = 404


class UnsupportedMediaTypeError(RefusalError):
    """The body's content type is not JSON, and the dialect looks at it."""

    status = 415


class StatusFlowError(RefusalError):
    """The update is against the status flow of the page; the dialect chooses the status."""

    def __init__(self, why: str, status: int) -> None:
        super().__init__(why)
        self.status = status


class MethodNotAllowedError(RefusalError):
    """The path is known, the method is not one of its own. `allowed` are those that are."""

    status = 405

    def __init__(self, why: str, allowed: tuple[str, ...]) -> None:
        super().__init__(why)
        self.allowed = allowed


class FaultAnswerError(RefusalError):
    """A fault stands in the way. `retry_after` are the seconds of a Retry-After, if there is to be one."""

    status = 503

    def __init__(self, why: str, status: int = 503, retry_after: int | None = None) -> None:
        super().__init__(why)
        self.status = status
        self.retry_after = retry_after


class ScriptedAnswerError(RefusalError):
    """The scenario answers the request itself, be it with an error or not."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("the scenario answered")
        self.answer = answer


class ConflictError(RefusalError):
    """Something else has it already."""

    status = 409
