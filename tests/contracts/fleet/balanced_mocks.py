"""Several mocks in their own processes, and nginx or Envoy before them, configured as in examples/fleet."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from tests.contracts.fleet.free_port import free_port

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
EXAMPLES = Path(__file__).parents[3] / "examples" / "fleet"
_LONGEST_START = 60.0
_PATH = "/api/v1/worker"


@dataclass(frozen=True, slots=True)
class BalancedMocks:
    """Mocks behind one address.

    url: the address of nginx or Envoy, without a path.
    mock_urls: the addresses of the mocks.
    access_log: the file that nginx writes.
    """

    url: str
    mock_urls: tuple[str, ...]
    access_log: Path

    @property
    def base_url(self) -> str:
        """The base URL of the Worker API at this address."""
        return self.url + _PATH

    def requests_by_mock(self) -> dict[str, Counter[str]]:
        """How many requests each mock got, for each key prefix, by the log of nginx."""
        counts: dict[str, Counter[str]] = {}
        for line in self.access_log.read_text("utf-8").splitlines():
            prefix, mock = line.split()[:2]
            if prefix != "-":
                counts.setdefault(prefix, Counter())[mock] += 1
        return counts

    def misplaced(self) -> int:
        """How many requests went to another mock than most of the requests with the same prefix."""
        return sum(counts.total() - max(counts.values()) for counts in self.requests_by_mock().values())


@contextmanager
def balanced_mocks(folder: Path, count: int = 2, envoy: Path | None = None) -> Iterator[BalancedMocks]:
    """Runs mocks and nginx during the `with` block. `folder` gets their files.

    envoy: the program of Envoy. It runs in place of nginx.
    """
    with ExitStack() as stack:
        mocks = [stack.enter_context(_mock(folder / f"mock-{number}.json")) for number in range(count)]
        port, log = free_port(), folder / "access.log"
        balancer = _nginx(folder, port, mocks, log) if envoy is None else _envoy(folder, port, mocks, envoy)
        stack.enter_context(balancer)
        yield BalancedMocks(f"http://127.0.0.1:{port}", tuple(mocks), log)


def call(url: str, body: Any = None, key: str = "", method: str | None = None) -> Any:
    """Sends a request with JSON, and returns the JSON of the answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "X-API-Key": key}
    with urlopen(Request(url, data, headers, method=method), timeout=60) as answer:
        return json.load(answer)


@contextmanager
def running(command: list[str], log: Path, **settings: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a command during the `with` block, and then ends it."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, **settings
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _mock(ready: Path) -> Iterator[str]:
    command = [
        sys.executable,
        "-m",
        "workerkit",
        "serve",
        "--port",
        "0",
        "--quiet",
        "--ready-file",
        str(ready),
    ]
    log = ready.with_suffix(".log")
    with running(command, log) as process:
        _wait(ready.exists, process, log)
        yield str(json.loads(ready.read_text("utf-8"))["base_url"]).removesuffix(_PATH)


@contextmanager
def _nginx(folder: Path, port: int, mocks: list[str], access_log: Path) -> Iterator[None]:
    text = (EXAMPLES / "nginx.conf").read_text("utf-8").replace("/tmp/nginx", str(folder / "nginx"))
    text = text.replace("listen 8080", f"listen 127.0.0.1:{port}").replace("/dev/stdout", str(access_log))
    for number, url in enumerate(mocks, 1):
        text = text.replace(f"mock-{number}:8080", url.removeprefix("http://"))
    file, log = folder / "nginx.conf", folder / "nginx.log"
    file.write_text(text, "utf-8")
    # The processes of nginx work as another user, if root starts them. That user cannot use the folder.
    user = " user root;" if os.geteuid() == 0 else ""
    command = [str(NGINX), "-e", "stderr", "-c", str(file), "-g", f"daemon off;{user}"]
    with running(command, log) as process:
        _wait(lambda: _answers(f"http://127.0.0.1:{port}/_mock/health"), process, log)
        access_log.write_text("", "utf-8")
        yield


@contextmanager
def _envoy(folder: Path, port: int, mocks: list[str], program: Path) -> Iterator[None]:
    text = (EXAMPLES / "envoy.yaml").read_text("utf-8")
    text = text.replace("address: 0.0.0.0, port_value: 8080", f"address: 127.0.0.1, port_value: {port}")
    for number, url in enumerate(mocks, 1):
        host, _, mock_port = url.removeprefix("http://").partition(":")
        text = text.replace(
            f"address: mock-{number}, port_value: 8080", f"address: {host}, port_value: {mock_port}"
        )
    file, log = folder / "envoy.yaml", folder / "envoy.log"
    file.write_text(text, "utf-8")
    command = [str(program), "--concurrency", "1", "--disable-hot-restart", "-c", str(file)]
    with running(command, log) as process:
        _wait(lambda: _answers(f"http://127.0.0.1:{port}/_mock/health"), process, log)
        yield


def _answers(url: str) -> bool:
    try:
        return bool(call(url))
    except (URLError, OSError):
        return False


def _wait(is_ready: Any, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _LONGEST_START
    while not is_ready():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(log.read_text("utf-8", "replace")[-2000:])
        time.sleep(0.02)
