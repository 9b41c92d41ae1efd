"""Targets that are no API, or no good one, on real sockets: each gets a sentence, and soon."""

from __future__ import annotations

import itertools
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workerkit.contracts.conformance import conform
from workerkit.contracts.gate.transport import MOST_BYTES
from workerkit.contracts.run.preflight import CannotTestError, TargetUnreachableError
from workerkit.contracts.target.plan import Plan
from workerkit.contracts.target.target import Target

Misbehaviour = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PATIENT, IMPATIENT = Plan(patience=120), Plan(patience=0.5)


@contextmanager
def listening(
    deed: Misbehaviour, wrap: Callable[[socket.socket], socket.socket] = lambda it: it
) -> Iterator[int]:
    """A server that does the deed to whoever connects; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                with listener.accept()[0] as line:
                    talk(line)
            except OSError:
                if listener.fileno() < 0:
                    return

    def talk(plain: socket.socket) -> None:
        plain.settimeout(120)
        with wrap(plain) as line:
            deed(line)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def failure_text(port: int, scheme: str = "http", plan: Plan = PATIENT) -> str:
    """What a run against the port ends with."""
    with pytest.raises(CannotTestError) as caught:
        conform(Target(f"{scheme}://127.0.0.1:{port}/api/v1/worker", "the-key"), plan)
    assert "the-key" not in str(caught.value)
    return str(caught.value)


def answering(*parts: bytes) -> Misbehaviour:
    def deed(line: socket.socket) -> None:
        line.recv(65536)
        for part in parts:
            line.sendall(part)

    return deed


def for_ever(first: bytes, again: bytes, pause: float = 0) -> Misbehaviour:
    def deed(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(first)
        while True:
            line.sendall(again)
            threading.Event().wait(pause)

    return deed


def silent(line: socket.socket) -> None:
    while line.recv(65536):
        pass


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (silent, "no whole answer came within 0.5 s"),
        (answering(), "closed before an answer came"),
        (answering(b"SSH-2.0-OpenSSH_9.6\r\n"), "what came is no HTTP"),
        (answering(b"\x00\x01\x02"), "what came is no HTTP"),
        (answering(OK + b"Content-Length: 10\r\n\r\n{}"), "broken off"),
        (answering(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}"), "broken off"),
        (answering(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), "no sound HTTP"),
        (answering(OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"), "no sound HTTP"),
        (for_ever(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.01), "no sound HTTP|within 0.5 s"),
        (for_ever(b"HTTP/1.1 200 OK\r\nX: ", b"y", 0.01), "within 0.5 s"),
        (for_ever(OK + b"\r\n", b" ", 0.01), "within 0.5 s"),
        (for_ever(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n", 0.01), "within 0.5 s"),
        (for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01), "within 0.5 s"),
    ],
)
def test_a_target_that_answers_badly_gets_a_sentence_in_time(deed: Misbehaviour, words: str) -> None:
    plan = IMPATIENT if "within" in words else PATIENT
    began = time.monotonic()
    with listening(deed) as port, pytest.raises(TargetUnreachableError, match=words):
        conform(Target(f"http://127.0.0.1:{port}/api/v1/worker", "the-key"), plan)
    assert time.monotonic() - began < PATIENT.patience


def test_an_answer_that_does_not_end_is_not_read_for_ever() -> None:
    with listening(for_ever(OK + b"\r\n", b" " * 2**20)) as port:
        assert "more than 32 MiB" in failure_text(port)
    assert MOST_BYTES == 32 * 2**20


def test_a_web_page_is_told_from_the_api() -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"
    with listening(answering(page)) as port:
        assert "text/html: this is not the Worker API" in failure_text(port)


def test_tls_asked_of_a_plain_server_is_said() -> None:
    with listening(answering(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        assert "is it http://?" in failure_text(port, "https")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody has signed, with its key in one file."""
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, *files, *names], check=True, capture_output=True, timeout=120)
    both = folder / "both.pem"
    both.write_bytes((folder / "cert.pem").read_bytes() + (folder / "key.pem").read_bytes())
    return both


def served_with(certificate: Path) -> Callable[[socket.socket], socket.socket]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return lambda line: context.wrap_socket(line, server_side=True)


def test_a_certificate_that_is_not_trusted_is_said_with_what_to_do(certificate: Path) -> None:
    with listening(answering(OK + b"Content-Length: 2\r\n\r\n{}"), served_with(certificate)) as port:
        words = failure_text(port, "https")
    assert "not trusted (self-signed certificate)" in words
    assert "SSL_CERT_FILE=FILE" in words


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_certificate_of_an_authority_that_is_named_is_trusted(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(certificate))
    refused = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    with listening(answering(refused), served_with(certificate)) as port:
        assert "answers 401" in failure_text(port, "https")


def test_bytes_that_come_one_by_one_over_tls_end_in_time_too(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with listening(for_ever(OK + b"\r\n", b" ", 0.01), served_with(certificate)) as port:
        assert "within 0.5 s" in failure_text(port, "https", IMPATIENT)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://no-such-host.invalid/api/v1/worker", "the name no-such-host.invalid is not known"),
        (f"http://{'x' * 70}.example/api/v1/worker", "got no answer"),
    ],
)
def test_an_address_that_leads_nowhere_is_said(url: str, words: str) -> None:
    with pytest.raises(TargetUnreachableError, match=words):
        conform(Target(url, "the-key"), IMPATIENT)


def test_a_target_on_this_machine_is_not_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with listening(answering(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")) as port:
        assert "answers 401" in failure_text(port)


def test_a_proxy_that_is_not_there_is_named_as_what_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with pytest.raises(TargetUnreachableError, match="proxy"):
        conform(Target("http://staging.example/api/v1/worker", "the-key"), IMPATIENT)


def test_connections_that_are_closed_after_each_answer_are_no_fault() -> None:
    count = itertools.count()

    def deed(line: socket.socket) -> None:
        line.recv(65536)
        next(count)
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")

    with listening(deed) as port:
        report = conform(Target(f"http://127.0.0.1:{port}/api/v1/worker", "the-key"), Plan(max_requests=12))
    assert next(count) == 12
    assert "no answer came" not in str(report)
