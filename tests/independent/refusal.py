"""Why a request, or an item of one, is refused."""

from __future__ import annotations


class RefusalError(Exception):
    """Answered with `status` (HTTP) and `code`, as in the page's table of error responses."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(status, code)
        self.status = status
        self.code = code


def invalid(code: str = "invalid_request") -> RefusalError:
    """Page: "400 | Request không hợp lệ"."""
    return RefusalError(400, code)
