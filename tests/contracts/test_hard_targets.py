"""Targets that answer badly or not at all, on real sockets. Each run ends in time and says what is wrong."""

from __future__ import annotations

import itertools
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contracts.raw_server import Behaviour, answering, listening, repeating
from workerkit.contracts.conformance import conform
from workerkit.contracts.gate.transport import MOST_ANSWER_BYTES
from workerkit.contracts.run.preflight import CannotTestError, TargetUnreachableError
from workerkit.contracts.target.plan import Plan
from workerkit.contracts.target.target import Target

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LONG_PATIENCE, SHORT_PATIENCE = Plan(patience=120), Plan(patience=0.5)


def failure_text(port: int, scheme: str = "http", plan: Plan = LONG_PATIENCE) -> str:
    """The message of the error that ends a run against this port."""
    with pytest.raises(CannotTestError) as caught:
        conform(Target(f"{scheme}://127.0.0.1:{port}/api/v1/worker", "the-key"), plan)
    assert "the-key" not in str(caught.value)
    return str(caught.value)


def silent(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        (silent, "no complete answer came within 0.5 s"),
        (answering(), "closed before an answer came"),
        (answering(b"SSH-2.0-OpenSSH_9.6\r\n"), "the answer is not HTTP"),
        (answering(b"\x00\x01\x02"), "the answer is not HTTP"),
        (answering(OK + b"Content-Length: 10\r\n\r\n{}"), "incomplete"),
        (answering(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}"), "incomplete"),
        (answering(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), "not valid HTTP"),
        (answering(OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n{}"), "not valid HTTP"),
        (answering(OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"), "not valid HTTP"),
        (repeating(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.01), "not valid HTTP|within 0.5 s"),
        (repeating(b"HTTP/1.1 200 OK\r\nX: ", b"y", 0.01), "within 0.5 s"),
        (repeating(OK + b"\r\n", b" ", 0.01), "within 0.5 s"),
        (repeating(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n", 0.01), "within 0.5 s"),
        (repeating(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01), "within 0.5 s"),
    ],
)
def test_a_bad_answer_ends_the_run_in_time_with_the_reason(behaviour: Behaviour, message: str) -> None:
    plan = SHORT_PATIENCE if "within" in message else LONG_PATIENCE
    began = time.monotonic()
    with listening(behaviour) as port, pytest.raises(TargetUnreachableError, match=message):
        conform(Target(f"http://127.0.0.1:{port}/api/v1/worker", "the-key"), plan)
    assert time.monotonic() - began < LONG_PATIENCE.patience


def test_an_endless_answer_is_not_read_to_the_end() -> None:
    with listening(repeating(OK + b"\r\n", b" " * 2**20)) as port:
        assert "more than 32 MiB" in failure_text(port)
    assert MOST_ANSWER_BYTES == 32 * 2**20


def test_a_web_page_is_not_the_api() -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"
    with listening(answering(page)) as port:
        assert "text/html: this is not the Worker API" in failure_text(port)


def test_the_error_for_tls_without_a_tls_server_suggests_http() -> None:
    with listening(answering(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        assert "write http:// instead of https://" in failure_text(port, "https")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a self-signed certificate for 127.0.0.1, and its key."""
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
    return lambda connection: context.wrap_socket(connection, server_side=True)


def test_the_error_about_an_untrusted_certificate_says_what_to_do(certificate: Path) -> None:
    with listening(answering(OK + b"Content-Length: 2\r\n\r\n{}"), served_with(certificate)) as port:
        message = failure_text(port, "https")
    assert "not trusted (self-signed certificate)" in message
    assert "SSL_CERT_FILE=FILE" in message


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_certificate_in_a_given_file_is_trusted(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(certificate))
    refused = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    with listening(answering(refused), served_with(certificate)) as port:
        assert "answers 401" in failure_text(port, "https")


def test_a_slow_answer_over_tls_ends_in_time(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with listening(repeating(OK + b"\r\n", b" ", 0.01), served_with(certificate)) as port:
        assert "within 0.5 s" in failure_text(port, "https", SHORT_PATIENCE)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://no-such-host.invalid/api/v1/worker", "the name no-such-host.invalid is not known"),
        (f"http://{'x' * 70}.example/api/v1/worker", "got no answer"),
    ],
)
def test_the_error_about_an_unknown_host_names_it(url: str, message: str) -> None:
    with pytest.raises(TargetUnreachableError, match=message):
        conform(Target(url, "the-key"), SHORT_PATIENCE)


def test_a_request_to_a_target_on_this_machine_uses_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with listening(answering(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")) as port:
        assert "answers 401" in failure_text(port)


def test_the_error_about_an_unreachable_proxy_names_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with pytest.raises(TargetUnreachableError, match="proxy"):
        conform(Target("http://staging.example/api/v1/worker", "the-key"), SHORT_PATIENCE)


def test_a_server_may_close_the_connection_after_each_answer() -> None:
    count = itertools.count()

    def behaviour(connection: socket.socket) -> None:
        connection.recv(65536)
        next(count)
        connection.sendall(OK + b'Content-Length: 12\r\nConnection: close\r\n\r\n{"data": []}')

    with listening(behaviour) as port:
        report = conform(Target(f"http://127.0.0.1:{port}/api/v1/worker", "the-key"), Plan(max_requests=12))
    assert next(count) == 12
    assert report.trouble == ""
