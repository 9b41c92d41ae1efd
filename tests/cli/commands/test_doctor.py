"""`workerkit doctor`: says what is missing for which command."""

from __future__ import annotations

import importlib.util
import socket
from importlib.metadata import metadata

import pytest

from tests.cli.conftest import Run
from workerkit.cli.commands import doctor


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


def test_if_nothing_is_missing_it_is_exit_0(run: Run) -> None:
    code, output, _ = run("doctor", "--port", free_port())
    assert code == 0, output
    assert "ok       workerkit " in output
    assert "for workerkit conform" in output


def test_it_looks_at_each_extra_of_the_package() -> None:
    extras = {*metadata("likepion-workerkit").get_all("Provides-Extra", [])} - {"all", "dev"}
    assert {*doctor._EXTRAS} == extras


def test_a_port_in_use_is_exit_3(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        code, output, _ = run("doctor", "--port", port)
    assert code == 3
    assert f"missing  port {port}, for serve and record: cannot listen on" in output


def test_a_missing_package_is_exit_3_with_the_line_that_installs_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_trustme(name: str) -> object:
        return None if name == "trustme" else importlib.util.find_spec(name)

    monkeypatch.setattr(doctor, "find_spec", without_trustme)
    code, output, _ = run("doctor", "--port", free_port())
    assert code == 3
    assert "missing  trustme, for serve --tls, exec --tls: pip install 'likepion-workerkit[tls]'" in output
