"""The recording proxy for a TLS server. It sends nothing if the server's certificate is not trusted."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from tests.mockserver.capsules.conftest import SECONDS, proxying, raw
from workerkit.mockserver.capsules.file.capsule import Ending, RecordedExchange
from workerkit.mockserver.capsules.http.client import Address, UnreachableError
from workerkit.mockserver.http.trusted_certificates import BadCertificatesError, tls_context

KEY = b"the-key"
REQUEST = (
    b"GET /api/v1/worker/tasks HTTP/1.1\r\nHost: x\r\nX-API-Key: " + KEY + b"\r\nConnection: close\r\n\r\n"
)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `ca.pem` of a private authority, and with `server.pem`, which it signed for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("tls")
    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    own = ["-subj", "/CN=own authority", "-keyout", "ca.key", "-out", "ca.pem"]
    signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-subj", "/CN=server", "-keyout", "server.key"]
    limits = ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]
    for words in ([*new, *own], [*new, *signed, *limits, "-out", "server.crt"]):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=120)
    both = (folder / "server.crt").read_bytes() + (folder / "server.key").read_bytes()
    (folder / "server.pem").write_bytes(both)
    return folder


@contextmanager
def serving(authority: Path) -> Iterator[tuple[Address, list[bytes]]]:
    """A TLS server with this certificate. Yields its address and the bytes it receives."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "server.pem")
    received: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            talk(plain)

    def talk(plain: socket.socket) -> None:
        plain.settimeout(SECONDS)
        try:
            with plain, context.wrap_socket(plain, server_side=True) as connection:
                received.append(connection.recv(65536))
                connection.sendall(ANSWER)
        except OSError:
            received.append(b"no handshake")

    thread = Thread(target=serve)
    thread.start()
    port = listener.getsockname()[1]
    try:
        yield Address("127.0.0.1", port, f"127.0.0.1:{port}", tls=True), received
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_server_with_a_certificate_of_a_private_authority_is_recorded(
    authority: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(authority / "ca.pem"))
    exchanges: list[RecordedExchange] = []
    with serving(authority) as (server, received), proxying(server, exchanges.append) as proxy:
        assert raw(proxy, REQUEST) == (ANSWER, "closed")
    assert received == [REQUEST.replace(b"Host: x", b"Host: " + server.host.encode())]
    assert [(recorded.ending, recorded.exchange.status) for recorded in exchanges] == [(Ending.WHOLE, 200)]


def test_a_server_without_a_trusted_certificate_gets_nothing_and_the_client_gets_502(
    authority: Path,
) -> None:
    lines: list[str] = []
    with (
        serving(authority) as (server, received),
        proxying(server, lambda recorded: None, lines.append) as proxy,
    ):
        got, ended = raw(proxy, REQUEST)
    assert (got.partition(b"\r\n")[0], ended) == (b"HTTP/1.1 502 Bad Gateway", "closed")
    assert lines[0].encode() in got
    assert received == [b"no handshake"]
    for word in (server.host, "certificate is not trusted", "SSL_CERT_FILE=FILE"):
        assert word in lines[0]


def test_the_same_failure_is_printed_once(authority: Path) -> None:
    lines: list[str] = []
    with (
        serving(authority) as (server, received),
        proxying(server, lambda recorded: None, lines.append) as proxy,
    ):
        for _ in range(3):
            raw(proxy, REQUEST)
    assert (len(received), len(lines)) == (3, 1)


def test_the_first_connection_reports_an_untrusted_certificate(authority: Path) -> None:
    with serving(authority) as (server, _), pytest.raises(UnreachableError, match="SSL_CERT_FILE=FILE"):
        server.connect(SECONDS)


def test_an_https_address_of_a_plain_http_server_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = Thread(target=answer)
        thread.start()
        with pytest.raises(UnreachableError, match="without TLS use http://"):
            Address("127.0.0.1", port, f"127.0.0.1:{port}", tls=True).connect(SECONDS)
        thread.join()


@pytest.mark.parametrize(
    ("content", "why"), [(None, "No such file"), ("no certificate", "no certificate in PEM")]
)
def test_a_wrong_certificate_file_is_reported_with_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None, why: str
) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with pytest.raises(BadCertificatesError, match=f"the variable REQUESTS_CA_BUNDLE names, .*{why}"):
        tls_context()
