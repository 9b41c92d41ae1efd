"""Cuts bodies into pieces."""

from __future__ import annotations

from collections.abc import Iterator

from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery


def first_part(body: bytes, share: float) -> bytes:
    """The first part of a body, with `share` (0 to 1) of its bytes. At least one byte is always cut off."""
    return body[: min(int(len(body) * share), max(len(body) - 1, 0))]


def split(body: bytes, size: int) -> Iterator[bytes]:
    """Pieces of a body with `size` bytes each. The last piece may be shorter."""
    return (body[start : start + size] for start in range(0, len(body), size))


async def send_slowly(
    answer: Answer, delivery: Delivery, *, size: int, seconds: float, at_once: bool
) -> None:
    """Sends the head at once and the body in pieces. Raises ConnectionLostError.

    size: the bytes of a piece.
    seconds: how long to wait before a piece of full size. The wait before a shorter piece is shorter.
    at_once: whether the first piece is sent without waiting.
    """
    await delivery.send_head(answer)
    for number, piece in enumerate(split(answer.body, size)):
        if number or not at_once:
            await delivery.connection.pause(seconds * len(piece) / size)
        await delivery.send_part(piece, last=False)
    await delivery.send_part(b"", last=True)
