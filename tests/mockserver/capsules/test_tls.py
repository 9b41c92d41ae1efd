"""The recorder before a server that speaks TLS: nothing is sent to one whose certificate is not trusted."""

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
from workerkit.mockserver.capsules.file.capsule import Ending, Recorded
from workerkit.mockserver.capsules.http.client import Address, UnreachableError
from workerkit.mockserver.http.trusted_certificates import BadCertificatesError, tls

KEY = b"the-key"
REQUEST = (
    b"GET /api/v1/worker/tasks HTTP/1.1\r\nHost: x\r\nX-API-Key: " + KEY + b"\r\nConnection: close\r\n\r\n"
)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder: `ca.pem` of a private authority, and `server.pem` that it signed for 127.0.0.1."""
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
    """A server with the certificate, and what it was sent once a handshake was done."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "server.pem")
    came: list[bytes] = []
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
            with plain, context.wrap_socket(plain, server_side=True) as line:
                came.append(line.recv(65536))
                line.sendall(ANSWER)
        except OSError:
            came.append(b"no handshake")

    thread = Thread(target=serve)
    thread.start()
    port = listener.getsockname()[1]
    try:
        yield Address("127.0.0.1", port, f"127.0.0.1:{port}", tls=True), came
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_server_that_a_private_authority_signed_for_is_recorded(
    authority: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(authority / "ca.pem"))
    heard: list[Recorded] = []
    with serving(authority) as (server, came), proxying(server, heard.append) as here:
        assert raw(here, REQUEST) == (ANSWER, "closed")
    assert came == [REQUEST.replace(b"Host: x", b"Host: " + server.host.encode())]
    assert [(each.ending, each.exchange.status) for each in heard] == [(Ending.WHOLE, 200)]


def test_a_server_that_nobody_trusted_has_signed_for_is_sent_nothing_and_the_client_is_told(
    authority: Path,
) -> None:
    told: list[str] = []
    with serving(authority) as (server, came), proxying(server, lambda recorded: None, told.append) as here:
        got, ended = raw(here, REQUEST)
    assert (got.partition(b"\r\n")[0], ended) == (b"HTTP/1.1 502 Bad Gateway", "closed")
    assert told[0].encode() in got
    assert came == [b"no handshake"]
    for word in (server.host, "certificate is not trusted", "SSL_CERT_FILE=FILE"):
        assert word in told[0]


def test_the_same_trouble_is_told_once(authority: Path) -> None:
    told: list[str] = []
    with serving(authority) as (server, came), proxying(server, lambda recorded: None, told.append) as here:
        for _ in range(3):
            raw(here, REQUEST)
    assert (len(came), len(told)) == (3, 1)


def test_the_first_look_at_a_server_says_the_same(authority: Path) -> None:
    with serving(authority) as (server, _), pytest.raises(UnreachableError, match="SSL_CERT_FILE=FILE"):
        server.connect(SECONDS)


def test_a_server_without_tls_is_told_from_one_with_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def answer() -> None:
            line, _ = listener.accept()
            with line:
                line.recv(65536)
                line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = Thread(target=answer)
        thread.start()
        with pytest.raises(UnreachableError, match=r"Is it http://\?"):
            Address("127.0.0.1", port, f"127.0.0.1:{port}", tls=True).connect(SECONDS)
        thread.join()


@pytest.mark.parametrize(
    ("content", "why"), [(None, "No such file"), ("no certificate", "no certificate in PEM")]
)
def test_a_file_of_an_authority_that_is_none_is_named_with_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None, why: str
) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with pytest.raises(BadCertificatesError, match=f"{why}.* The variable REQUESTS_CA_BUNDLE"):
        tls()
