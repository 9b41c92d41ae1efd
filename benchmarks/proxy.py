"""`python -m benchmarks.proxy`: what `workerkit record` costs for each request, beside mitmproxy.

Both stand before a bare socket that answers at once, and both write down all that goes through. mitmproxy, in
its reverse mode, is looked for in `build/mitmproxy`, where `make bench` puts it.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.calls import Call, calls, headers
from benchmarks.contender import API_PATH
from benchmarks.load import Load, load
from benchmarks.running import Running, free_port

_SECONDS = 2.0
_UPSTREAM_CORE, _PROXY_CORE = 0, 1
_MITMDUMP = Path("build/mitmproxy/bin/mitmdump").resolve()


def main() -> None:
    """Prints a line for each proxy and call: requests a second, and CPU of the proxy for each."""
    for name, call, found in _measured():
        sys.stdout.write(f"{name:12} {call.title:24} {found.rate:8.0f}/s {found.cpu * 1e6:8.0f} µs CPU\n")


def _measured() -> Iterator[tuple[str, Call, Load]]:
    asked = calls()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        port = free_port()
        upstream = (sys.executable, "-m", "benchmarks.bare_socket", str(port), _answers(Path(folder), asked))
        stack.enter_context(_running("upstream", upstream, port, _UPSTREAM_CORE, asked[0], Path(folder)))
        for name, words, own_port in _proxies(port, Path(folder)):
            with _running(name, words, own_port, _PROXY_CORE, asked[0], Path(folder)) as proxy:
                for call in asked:
                    requests = call.on_the_wire(API_PATH)
                    yield name, call, load(own_port, requests, seconds=_SECONDS, cpu=proxy.cpu)


def _proxies(port: int, folder: Path) -> Iterator[tuple[str, tuple[str, ...], int]]:
    own = free_port()
    command = str(Path(sys.executable).with_name("workerkit"))
    url = f"http://127.0.0.1:{port}{API_PATH}"
    out = str(folder / "capsule.yaml")
    yield "workerkit", (command, "record", "--upstream", url, "--out", out, "--port", str(own)), own
    if _MITMDUMP.exists():
        own, mode = free_port(), f"reverse:http://127.0.0.1:{port}"
        flows = str(folder / "flows")
        yield "mitmproxy", (str(_MITMDUMP), "-q", "--mode", mode, "-p", str(own), "-w", flows), own


def _running(name: str, words: tuple[str, ...], port: int, core: int, call: Call, folder: Path) -> Running:
    target, body = call.requests[0]
    first = API_PATH + target, body, headers(body)
    # They run in the folder of their logs, from where the bare socket's module would not be found.
    path = {"PYTHONPATH": os.getcwd()}
    return Running(words, path, port=port, core=core, first=first, log=folder / f"{name}.log")


def _answers(folder: Path, asked: tuple[Call, ...]) -> str:
    path = folder / "answers.json"
    path.write_text(json.dumps({call.method: call.answer.decode() for call in asked}), "utf-8")
    return str(path)


if __name__ == "__main__":
    main()
