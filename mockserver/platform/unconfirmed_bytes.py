"""Whether bytes of a TCP socket are still on their way to the other machine, or were refused there."""

from __future__ import annotations

import socket
from contextlib import suppress

try:
    from fcntl import ioctl
    from termios import TIOCOUTQ
except ImportError:  # Windows
    _CAN_ASK = False
else:
    _CAN_ASK = True


def has_unconfirmed_bytes(connection: socket.socket) -> bool:
    """Whether the other machine has not yet confirmed all bytes that were sent.

    Always False on a system that does not tell, such as Windows, and perhaps macOS.
    """
    if _CAN_ASK:
        with suppress(OSError):
            return ioctl(connection.fileno(), TIOCOUTQ, bytes(4)) != bytes(4)
    return False


def has_refused_bytes(connection: socket.socket) -> bool:
    """Whether the other machine has refused bytes, because the program there had closed the connection."""
    with suppress(OSError):
        return connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
    return False
