"""python -m fastapi_server --port N --data FILE.json"""

import argparse
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import uvicorn

from . import faults, seed, variants
from .app import create_app
from .database import Database


class Server(uvicorn.Server):
    """Says when it listens; leaves signals to main()."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        assert sockets
        print(f"listening on {sockets[0].getsockname()[1]}", flush=True)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def main() -> int:
    parser = argparse.ArgumentParser(prog="fastapi_server")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    problem = variants.problem() or faults.problem()
    if problem:
        print(problem, file=sys.stderr)
        return 2

    folder = Path(tempfile.mkdtemp(prefix="worker-api-"))

    def stop(_signal: int, _frame: FrameType | None) -> None:
        for _ in range(5):  # a call in another thread may just be making a file there
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        database = Database(folder / "worker.sqlite3")
        seed.load(database, options.data)
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", options.port))
        config = uvicorn.Config(
            create_app(database),
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_keep_alive=1 if variants.variant("idle-close-1s") else 60,
        )
        Server(config).run(sockets=[listener])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
