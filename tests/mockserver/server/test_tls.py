"""Tests the mock with https."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from workerkit.mockserver.python_api.mock_server import MockServer
from workerkit.mockserver.server.tls import BadTlsFilesError, TlsFiles, TlsMissingError, temporary_certificate

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


def test_a_client_without_the_authority_refuses_the_mock(running: MockServer) -> None:
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(f"{running.control_url}/health", timeout=SECONDS)


@pytest.mark.parametrize(
    ("kind", "error"),
    [("reset", ConnectionResetError), ("empty-answer", ConnectionError), ("status", OSError)],
)
def test_faults_work_with_https(running: MockServer, kind: str, error: type[OSError]) -> None:
    with running.new_world() as api:
        api.fault(kind)
        context = ssl.create_default_context(cafile=api.env["SSL_CERT_FILE"])
        request = urllib.request.Request(f"{api.base_url}/tasks", headers={"X-API-Key": api.api_key})
        with pytest.raises(OSError) as raised:  # noqa: PT011
            urllib.request.urlopen(request, timeout=SECONDS, context=context)
        cause = getattr(raised.value, "reason", raised.value)
        assert isinstance(cause if isinstance(cause, OSError) else raised.value, error)


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


@pytest.mark.parametrize("is_given", [False, True])
def test_serve_with_tls_names_the_authority_in_the_ready_file(tmp_path: Path, is_given: bool) -> None:
    ready = tmp_path / "ready.json"
    with temporary_certificate("localhost") as given:
        options = ["--tls-cert", given.certificate, "--tls-key", given.key] if is_given else ["--tls"]
        script = str(Path(sys.executable).with_name("workerkit"))
        words = [script, "serve", "--port", "0", "--ready-file", str(ready), *options]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(7)]
            addresses = json.loads(ready.read_text())
            authority = given.authority if is_given else addresses["authority_file"]
            context = ssl.create_default_context(cafile=authority)
            url = f"{addresses['control_url']}/health"
            with urllib.request.urlopen(url, timeout=SECONDS, context=context) as answer:
                assert answer.status == 200
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=SECONDS)
        assert process.returncode == 0
    assert addresses["base_url"].startswith("https://")
    assert ("authority_file" in addresses) != is_given
    assert any(f"curl --cacert {authority} " in line for line in lines) != is_given
    assert is_given or not os.path.exists(str(authority))
