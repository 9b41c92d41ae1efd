"""A free port of this machine."""

from __future__ import annotations

import socket


def free_port() -> int:
    """Returns a free port of 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
