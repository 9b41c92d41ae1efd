"""Tests the mock with https."""

from __future__ import annotations

import errno
import json
import os
import select
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from click.testing import CliRunner

from workerkit.cli.commands import serve
from workerkit.mockserver.python_api.mock_server import MockServer
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.server.tls import BadTlsFilesError, TlsFiles, TlsMissingError, temporary_certificate
from workerkit.mockserver.trials.trial import try_worker
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.scenarios.library import library

SECONDS = 120
# A worker of the standard library. It exits with 0 if the API answers.
WORKER = """
import os, urllib.request
headers = {"X-API-Key": os.environ["LIKEPION_API_KEY"]}
urllib.request.urlopen(urllib.request.Request(os.environ["LIKEPION_BASE_URL"] + "/tasks", headers=headers))
"""


@pytest.fixture(scope="module")
def running() -> Iterator[MockServer]:
    with MockServer(tls=True) as mock:
        yield mock


def test_a_worker_trusts_the_mock_by_its_environment(running: MockServer) -> None:
    with running.new_world() as api:
        assert api.base_url.startswith("https://127.0.0.1:")
        assert running.control_url.startswith("https://")
        assert api.env["SSL_CERT_FILE"] == api.env["NODE_EXTRA_CA_CERTS"]
        run = api.run([sys.executable, "-c", WORKER], time_limit="2m")
        assert (run.exit_code, run.output) == (0, "")
        assert [exchange.status for exchange in api.journal] == [200]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_certificate_is_valid_for_the_names_of_this_machine(running: MockServer, host: str) -> None:
    with running.new_world() as api:
        context = ssl.create_default_context(cafile=api.env["SSL_CERT_FILE"])
        url = running.control_url.replace("127.0.0.1", host)
        with urllib.request.urlopen(f"{url}/worlds", timeout=SECONDS, context=context) as answer:
            worlds = json.load(answer)["worlds"]
        assert worlds[0]["base_url"].startswith(f"https://{host}:")


def test_a_client_without_the_authority_refuses_the_mock(running: MockServer, http: requests.Session) -> None:
    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        http.get(f"{running.control_url}/health", timeout=SECONDS)


def test_a_reset_is_real_also_with_https(running: MockServer) -> None:
    with running.new_world() as api:
        api.fault("reset")
        url, context = urlsplit(api.base_url), ssl.create_default_context(cafile=api.env["SSL_CERT_FILE"])
        address = (str(url.hostname), url.port)
        with (
            socket.create_connection(address, timeout=SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=url.hostname) as client,
        ):
            client.sendall(
                f"GET {url.path}/tasks HTTP/1.1\r\nHost: a\r\nX-API-Key: {api.api_key}\r\n\r\n".encode()
            )
            poll = select.poll()
            poll.register(client, 0)  # errors and the end of the connection are always reported
            assert poll.poll(SECONDS * 1000)
            assert client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNRESET


def test_the_files_are_for_their_owner_and_only_for_the_run() -> None:
    with temporary_certificate("::1") as files:
        paths = [Path(name) for name in (files.certificate, files.key, str(files.authority))]
        assert [path.stat().st_mode & 0o777 for path in paths] == [0o600] * 3
    assert not any(path.exists() for path in paths)


def test_without_the_package_the_message_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(TlsMissingError, match="pip install"), temporary_certificate("localhost"):
        pass


def test_files_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    with temporary_certificate("localhost") as one, temporary_certificate("localhost") as other:
        no_pem = tmp_path / "no.pem"
        no_pem.write_text("no certificate")
        for certificate, key in ((one.certificate, other.key), (str(no_pem), one.key)):
            with pytest.raises(BadTlsFilesError, match="cannot be used: it is no PEM file, or the key"):
                TlsFiles(certificate, key)
        with pytest.raises(BadTlsFilesError, match="No such file"):
            TlsFiles(one.certificate, str(tmp_path / "missing.pem"))


def test_a_given_certificate_is_used_and_workers_are_not_told_to_trust_it(http: requests.Session) -> None:
    with temporary_certificate("localhost") as made:
        given = TlsFiles(made.certificate, made.key)
        with WorldServer(Worlds(), tls=given) as mock:
            answer = http.get(f"{mock.control_url}/health", timeout=SECONDS, verify=made.authority)
    assert answer.status_code == 200
    assert given.client_environment == {}


def test_a_trial_can_use_https() -> None:
    with temporary_certificate("127.0.0.1") as files:
        trial = try_worker(
            library.find("quiet-day"), [sys.executable, "-c", WORKER], time_limit=SECONDS, tls=files
        )
    assert [exchange.status for exchange in trial.run.exchanges] == [200]


def test_a_port_that_was_closed_opens_with_https_again(http: requests.Session) -> None:
    with temporary_certificate("127.0.0.1") as files, WorldServer(Worlds(), tls=files) as mock:
        mock.run_in_server_thread(lambda: mock.close_port(0.05))
        for _ in range(100_000):
            with suppress(requests.ConnectionError):
                url = f"{mock.control_url}/health"
                assert http.get(url, timeout=SECONDS, verify=files.authority).status_code == 200
                break
        else:
            pytest.fail("the port stays closed")


def test_serve_with_tls_names_the_authority_in_the_ready_file(tmp_path: Path) -> None:
    ready, script = tmp_path / "ready.json", str(Path(sys.executable).with_name("workerkit"))
    words = [script, "serve", "--port", "0", "--ready-file", str(ready), "--tls"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = list(takewhile(lambda line: not line.startswith("Try it"), process.stdout))
        addresses = json.loads(ready.read_text())
        authority = addresses["authority_file"]
        context = ssl.create_default_context(cafile=authority)
        with urllib.request.urlopen(f"{addresses['control_url']}/health", context=context) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert lines[0].split()[-1] == addresses["base_url"]
    assert addresses["base_url"].startswith("https://")
    assert not os.path.exists(authority)


@pytest.mark.parametrize("option", ["--tls-cert", "--tls-key"])
def test_a_certificate_and_its_key_belong_together(option: str) -> None:
    result = CliRunner().invoke(serve.command, ["--port", "0", option, "file.pem"])
    assert result.exit_code == 2
    assert "--tls-cert and --tls-key belong together" in result.output
