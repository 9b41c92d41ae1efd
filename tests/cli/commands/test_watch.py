"""`workerkit watch`: what it says if it cannot start."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds

TOKEN = "a-token-of-tests"


def mock_with(token: str | None = None) -> WorldServer:
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(seed=7, with_tasks=False))
    return WorldServer(worlds, token=token)


def test_an_address_that_does_not_answer_is_exit_3(run: Run) -> None:
    with mock_with() as mock:
        origin = mock.origin
    code, output, errors = run("watch", origin)
    assert (code, output) == (3, "")
    assert errors == (
        f"workerkit: no mock answers at {origin}: Connection refused. To start one: workerkit serve\n"
    )


def test_a_wrong_or_missing_token_is_exit_2(run: Run, project: Path) -> None:
    (project / "token").write_text("another-token-of-tests\n")
    with mock_with(TOKEN) as mock:
        for options, what in ((), "needs a control token"), (("token",), "refuses the given control token"):
            words = ("--control-token-file", *options) if options else ()
            code, _, errors = run("watch", mock.origin, *words)
            assert code == 2
            assert (
                f"the mock at {mock.origin} {what}: give its token with --control-token-file FILE" in errors
            )
        (project / "token").write_text(f"{TOKEN}\n")
        code, _, errors = run("watch", mock.origin, "--control-token-file", "token")
        assert (code, "watch needs a terminal" in errors) == (2, True)


@pytest.mark.parametrize("path", ["", "/", "/_mock/ui", "/api/v1/worker"])
def test_any_address_of_the_mock_does(run: Run, path: str) -> None:
    with mock_with() as mock:
        code, _, errors = run("watch", f"{mock.origin}{path}")
    assert code == 2
    assert f"watch needs a terminal. For programs: curl -N {mock.origin}/_mock/events" in errors


def test_an_unknown_world_is_exit_2_and_the_worlds_are_named(run: Run) -> None:
    with mock_with() as mock:
        code, _, errors = run("watch", mock.origin, "--world", "w9")
    assert (code, "the mock has no world w9; it has default" in errors) == (2, True)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "http://", "http://127.0.0.1:x"])
def test_an_address_that_is_none_is_exit_2(run: Run, url: str) -> None:
    code, _, errors = run("watch", url)
    assert (code, f"workerkit: {url} is no address" in errors) == (2, True)
