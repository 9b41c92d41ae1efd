"""A body in pieces, as faults send it."""

from __future__ import annotations

from collections.abc import Iterator

from workerkit.mockserver.http.answer import Answer
from workerkit.mockserver.http.delivery import Delivery


def cut(body: bytes, share: float) -> bytes:
    """The beginning of a body: this share of it, and never all."""
    return body[: min(int(len(body) * share), max(len(body) - 1, 0))]


def pieces(body: bytes, size: int) -> Iterator[bytes]:
    """The body in pieces of so many bytes, the last one may be shorter."""
    return (body[start : start + size] for start in range(0, len(body), size))


async def send_slowly(
    answer: Answer, delivery: Delivery, *, size: int, seconds: float, at_once: bool
) -> None:
    """Sends the head, then the body in pieces of a size, so many seconds for a full one; raises Lost.

    The first piece comes after its time or, with `at_once`, before it.
    """
    await delivery.head(answer)
    for number, piece in enumerate(pieces(answer.body, size)):
        if number or not at_once:
            await delivery.connection.pause(seconds * len(piece) / size)
        await delivery.part(piece, last=False)
    await delivery.part(b"", last=True)
