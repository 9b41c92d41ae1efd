"""The curl lines in the text for an issue tracker: a shell runs them, and a server gets the same requests."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.openapi.masking.test_canaries import exchange
from workerkit.contracts.resend.issue_text import issue_text
from workerkit.contracts.resend.replay_notes import replay_summary
from workerkit.mockserver.capsules.comparison.difference import Difference
from workerkit.mockserver.capsules.file.capsule import REQUEST_LEFT_OUT, Capsule, RecordedExchange
from workerkit.mockserver.capsules.replay.explanation import NOBODY_CHANGED
from workerkit.mockserver.capsules.replay.reconstructed_replay import ReplayResult

BASE = "/api/v1/worker"
JSON = "application/json"
Sent = tuple[str, str, str | None, str | None, bytes]


def recorded(number: int, sent: Sent, why: str = "") -> RecordedExchange:
    method, target, key, content_type, body = sent
    path, _, query = target.partition("?")
    headers = (("x-api-key", key), ("content-type", content_type))
    return RecordedExchange(
        exchange(
            number=number,
            method=method,
            path=BASE + path,
            query=query,
            request_headers=tuple((name, text) for name, text in headers if text is not None),
            request_body=body,
            status=401 if key is None else 200,
            why=why,
        )
    )


def text_of(
    *exchanges: RecordedExchange, difference: Difference | None = None, target: str | None = None
) -> str:
    capsule = Capsule(0.0, exchanges, is_complete=None)
    result = ReplayResult(len(exchanges), difference, is_alone=target is None)
    return issue_text(capsule, replay_summary(capsule, result, target, small=None), target)


def curl_lines(text: str) -> list[str]:
    return text.partition("```sh\n")[2].partition("\n```")[0].splitlines()


@contextmanager
def listening(got: list[Sent]) -> Iterator[str]:
    """A server that only keeps what it got. Yields its base URL."""

    class Handler(BaseHTTPRequestHandler):
        def _keep(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            target = self.path.removeprefix(BASE)
            got.append((self.command, target, self.headers["x-api-key"], self.headers["content-type"], body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        do_GET = do_HEAD = do_POST = do_PUT = _keep

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{BASE}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


SENT: tuple[Sent, ...] = (
    ("POST", "/health", "key-1", JSON, b'{"server_name": "it\'s \\"quoted\\" `here` $HOME"}'),
    ("GET", "/tasks?status[]={a,b}&limit=10", "key-1", None, b""),
    ("PUT", "/tasks/x", "key-2", JSON, '{"note": "dòng 1\n\tdòng 2"}'.encode()),
    ("POST", "/logs", "key-1", "text/plain; charset=latin-1", b"caf\xe9\r\n"),
    ("POST", "/logs", "key-1", JSON, b"@/etc/hostname"),
    ("POST", "/logs", "key-1", "application/octet-stream", b"\0%s'\xff\0"),
    ("POST", "/logs", "key-1", None, b"{}"),
    ("PUT", "/tasks/y", "key-1", JSON, b'{"note": "' + b"x' \\" * 300 + b'"}'),
    ("HEAD", "/tasks", None, None, b""),
)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_each_curl_line_sends_the_recorded_request() -> None:
    text = text_of(*(recorded(number, sent) for number, sent in enumerate(SENT, 1)))
    export, *commands = curl_lines(text)
    assert export == "# export LIKEPION_BASE_URL=... LIKEPION_API_KEY=... LIKEPION_OTHER_API_KEY=..."
    got: list[Sent] = []
    with listening(got) as url:
        environment = {
            **os.environ,
            "LIKEPION_BASE_URL": url,
            "LIKEPION_API_KEY": "key-1",
            "LIKEPION_OTHER_API_KEY": "key-2",
        }
        script = "\n".join(commands).encode("utf-8", "surrogateescape")
        subprocess.run(["bash", "-e"], input=script, env=environment, capture_output=True, check=True)
    assert got == list(SENT)


def test_a_request_that_no_line_can_repeat_is_left_out_with_a_sentence() -> None:
    long = recorded(1, ("PUT", "/tasks/bulk", "key-1", JSON, b'"' + b"'" * 2_000 + b'"'))
    unknown = recorded(2, ("POST", "/logs", "key-1", JSON, b""), why=f"{REQUEST_LEFT_OUT}: it\nis damaged")
    _, first, second = curl_lines(text_of(long, unknown))
    assert first == f"# request 1 (PUT {BASE}/tasks/bulk) is left out: its curl line has 10,132 characters"
    assert second == f"# request 2 is left out: {REQUEST_LEFT_OUT}: it is damaged"


def test_the_text_stays_short_whatever_was_recorded() -> None:
    long = "x" * 30_000
    difference = Difference(300, None, f"GET /{long}", f"answer/{long}", long, long, why=long)
    many = (
        recorded(number, ("GET", f"/tasks?after={long[:900]}", "key-1", None, b"")) for number in range(300)
    )
    text = text_of(*many, difference=difference)
    assert len(text) < 60_000
    assert all(line.startswith(("#", "curl ")) and line.count("'") % 2 == 0 for line in curl_lines(text))


LIST = ("GET", "/tasks", "key-1", None, b"")
WRONG = Difference(
    1, "listTasks", f"GET {BASE}/tasks", "answer/total", "5", "3", why=f"X, and {NOBODY_CHANGED}"
)


def test_whoever_gets_the_text_reads_nothing_about_options_and_further_commands() -> None:
    text = text_of(recorded(1, LIST), recorded(2, LIST), difference=WRONG)
    summary = text.partition("## Requests")[0]
    assert "so each one was judged alone" in summary
    assert "the server may be right." in summary
    for words in ("--", "Next:", "sent again", "'now'", "record all"):
        assert words not in summary


@pytest.mark.parametrize(
    ("target", "headings"),
    [
        (None, ["# listTasks: answer/total differs from the API page", "## Expected", "## Came"]),
        (
            "http://a",
            ["# listTasks: answer/total differs from the recording", "## Recorded", "## From http://a"],
        ),
    ],
)
def test_the_text_says_who_gave_the_two_answers(target: str | None, headings: list[str]) -> None:
    text = text_of(recorded(1, LIST), difference=WRONG, target=target)
    values = ["3", "5"] if target is None else ["5", "3"]
    assert [line for line in text.splitlines() if line.startswith("#")][:3] == headings
    assert text.index(f"```\n{values[0]}\n") < text.index(f"```\n{values[1]}\n")


@pytest.mark.parametrize(
    ("target", "who"), [(None, "A mock that follows the API page"), ("http://a", "http://a")]
)
def test_without_a_difference_the_text_says_who_gives_the_same_answers(target: str | None, who: str) -> None:
    assert f"{who} gives the same answers as in this recording." in text_of(recorded(1, LIST), target=target)
