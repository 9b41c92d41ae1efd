"""`python -m benchmarks.peers.servers.empty_app PORT ANSWERS`: an empty application in uvicorn."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import uvicorn
from starlette.types import Receive, Scope, Send

_TYPE = (b"content-type", b"application/json")


class _EmptyApp:
    """Sends one fixed answer for each method. Does not read headers or bodies."""

    def __init__(self, answers: dict[str, str]) -> None:
        self._bodies = {method: body.encode() for method, body in answers.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = self._bodies[scope["method"]]
        headers = [_TYPE, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    uvicorn.run(
        _EmptyApp(json.loads(Path(sys.argv[2]).read_text("utf-8"))),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
    )
