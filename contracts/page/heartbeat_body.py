"""The body of a complete heartbeat, with the numbers of the page's example."""

from __future__ import annotations

from typing import Any


def heartbeat_body(name: str) -> dict[str, Any]:
    """The body of a complete heartbeat. `name` is the name of the server."""
    usage = {"cpu_usage": 45.5, "ram_usage": 60.2, "disk_usage": 30.0}
    counts = {"active_threads": 5, "active_tasks": 12}
    return {"server_name": name, "ip": "192.168.1.100", **usage, **counts}
