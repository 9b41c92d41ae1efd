"""The error of a refused request or item."""

from __future__ import annotations


class RefusalError(Exception):
    """A request or an item is refused. `status` is the HTTP status, `code` the text of the field `error`."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(status, code)
        self.status = status
        self.code = code


def invalid(code: str = "invalid_request") -> RefusalError:
    """API page: "400 | Request không hợp lệ"."""
    return RefusalError(400, code)
