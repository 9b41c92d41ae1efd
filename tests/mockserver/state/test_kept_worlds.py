"""Worlds outlive a restart of `workerkit serve --state`, also after SIGKILL, and a file is never spoilt."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from workerkit.mockserver.atomic_file import CannotWriteError
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.state.kept_worlds import worlds_kept_in
from workerkit.mockserver.state.state_file import MAX_BYTES, StateFile
from workerkit.mockserver.state.world_origin import origin_of
from workerkit.mockserver.worlds.snapshot import snapshot_of
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.errors import UsageError
from workerkit.scenarios.library import library

Json = dict[str, Any]
PATIENCE = 120


class Mock:
    """A running `workerkit serve --state`."""

    def __init__(self, folder: Path) -> None:
        ready = folder / "ready.json"
        ready.unlink(missing_ok=True)
        files = ["--ready-file", str(ready), "--state", str(folder / "state"), "--state-interval", "50ms"]
        words = [sys.executable, "-m", "workerkit", "serve", "--port", "0", "--quiet", *files]
        self.process = subprocess.Popen(words)
        wait_for(lambda: ready.exists() or self.process.poll() is not None)
        self.control = json.loads(ready.read_text())["control_url"]

    def __enter__(self) -> Mock:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)

    def call(self, method: str, path: str, body: Json | None = None) -> Json:
        answer = requests.request(method, self.control + path, json=body, timeout=PATIENCE)
        assert answer.ok, answer.text
        value: Json = answer.json()
        return value

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def tasks(mock: Mock, world: str) -> list[Json]:
    found: list[Json] = mock.call("GET", f"/worlds/{world}/tasks")["tasks"]
    return found


def test_worlds_outlive_a_kill_and_an_end(tmp_path: Path, kept: Callable[..., Worlds]) -> None:
    state = tmp_path / "state"
    with Mock(tmp_path) as mock:
        made = mock.call("POST", "/worlds", {"scenario": "quiet-day"})["world"]
        mock.call("PATCH", f"/worlds/{made}/servers/server-01", {"api_key": "a-key-of-the-team"})
        added = mock.call("POST", "/worlds/default/tasks", {"site_name": "kept.example"})["tasks"][0]["id"]
        before = {name: tasks(mock, name) for name in (DEFAULT, made)}
        wait_for(lambda: added.encode() in state.read_bytes() and b"a-key-of-the-team" in state.read_bytes())
        assert stat.S_IMODE(state.stat().st_mode) == 0o600
        with pytest.raises(CannotWriteError, match="another mock keeps its worlds in this file"):
            kept()
        mock.end(signal.SIGKILL)
    with Mock(tmp_path) as mock:
        assert {name: tasks(mock, name) for name in (DEFAULT, made)} == before
        assert mock.call("GET", f"/worlds/{made}/servers")["servers"][0]["api_key"] == "a-key-of-the-team"
        assert mock.call("GET", f"/worlds/{made}")["scenario"] == "quiet-day"
        assert mock.call("POST", "/worlds", {})["world"] == "w2"
        mock.call("POST", f"/worlds/{made}/tasks", {"site_name": "gone.example"})
        mock.call("POST", f"/worlds/{made}/reset", {})
        after = tasks(mock, made)
        assert [task["id"] for task in after] == [task["id"] for task in before[made]]
        assert mock.end() == 0
    worlds = kept()
    assert worlds.names() == (DEFAULT, made, "w2")
    assert [task.id for task in worlds.world(made).tasks_now()] == [task["id"] for task in after]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ready.json", "state", "state.lock"]


# In this process


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Callable[..., Worlds]]:
    """Opens the state file of the test and returns the worlds. A second call first ends the mock before."""
    before = ExitStack()

    def open_again(
        builder: WorldBuilder | None = None, *, most: int | None = None, name: str = "state"
    ) -> Worlds:
        before.close()
        worlds = Worlds(most)
        chosen = builder or WorldBuilder()
        block = worlds_kept_in(
            str(tmp_path / name), worlds, chosen, is_given=builder is not None, interval=PATIENCE
        )
        before.enter_context(block)
        return worlds

    with before:
        yield open_again


def without_clock(worlds: Worlds, name: str = DEFAULT) -> Json:
    return {**snapshot_of(worlds.director(name)), "clock": None}


def ask(worlds: Worlds, path: str = "/tasks?limit=1") -> None:
    with WorldServer(worlds) as mock:
        headers = {"X-API-Key": worlds.world(DEFAULT).key_ring.all_keys()[0]}
        assert requests.get(mock.base_url + path, headers=headers, timeout=PATIENCE).ok


@pytest.mark.parametrize("key_prefix", ["", "team-a"])
def test_a_world_is_the_same_after_a_restart(kept: Callable[..., Worlds], key_prefix: str) -> None:
    builder = WorldBuilder(library.find("key-revoked"), seed=3, key_prefix=key_prefix)
    worlds = kept(builder)
    ask(worlds)
    before = without_clock(worlds)
    assert before["exchanges"] == 1
    worlds = kept()
    assert without_clock(worlds) == before
    assert origin_of(worlds.builder(DEFAULT)) == origin_of(builder)  # type: ignore[arg-type]
    worlds.reset(DEFAULT)
    assert without_clock(worlds) == {**snapshot_of(builder(DEFAULT)), "clock": None}


def test_a_clock_that_ran_has_gone_on_and_a_stopped_one_has_not(kept: Callable[..., Worlds]) -> None:
    worlds = kept(WorldBuilder(seed=1, timer=lambda: 0.0))
    clock = worlds.world(DEFAULT).clock
    clock.now()
    clock.advance(60)
    worlds.add("stopped", WorldBuilder(seed=1, plan=library.find("quiet-day").world)).world.clock.freeze(1e9)
    at = clock.peek()
    worlds.report_call(DEFAULT, "setClock")
    worlds = kept()
    assert worlds.world(DEFAULT).clock.peek() >= at
    assert worlds.world("stopped").clock.peek() == 1e9


def test_a_world_that_was_removed_does_not_come_back(kept: Callable[..., Worlds]) -> None:
    worlds = kept()
    worlds.add("w1", WorldBuilder())
    worlds = kept()
    assert worlds.names() == (DEFAULT, "w1")
    worlds.remove("w1")
    assert kept().names() == (DEFAULT,)


def test_only_the_newest_exchanges_are_kept(
    kept: Callable[..., Worlds], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workerkit.mockserver.state.saved_world.MAX_EXCHANGES", 2)
    worlds = kept()
    for _ in range(3):
        ask(worlds)
    journal = kept().world(DEFAULT).journal
    assert ([exchange.number for exchange in journal], journal.count) == ([2, 3], 3)


def test_other_options_than_those_of_the_file_are_refused(kept: Callable[..., Worlds]) -> None:
    kept(WorldBuilder(seed=1))
    kept(WorldBuilder(seed=1))
    with pytest.raises(UsageError, match="began with other values of --scenario"):
        kept(WorldBuilder(seed=2))
    kept().add("w1", WorldBuilder())
    with pytest.raises(UsageError, match=r"state:3: the mock has 1 worlds.* --most-worlds"):
        kept(most=1)


HEAD = b'{"workerkit_state":1,"made_by":"0","last_name":0}\n'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"title: A scenario\n", ":1: this is no state file of workerkit"),
        (b"{}\n", ":1: this is no state file of workerkit: the member workerkit_state is missing"),
        (b"[]\n", "the line is no JSON object"),
        (b'{"workerkit_state":2,"made_by":"9.1"}\n', "workerkit 9.1 wrote this file in the format 2"),
        (HEAD + b'{"world":"def', ":2: the line is not complete"),
        (HEAD + b'{"world":"default"}\n', ":2: this world cannot be restored"),
    ],
    ids=["foreign", "other-json", "list", "newer", "cut", "no-snapshot"],
)
def test_a_file_that_cannot_be_used_is_refused_and_stays(
    kept: Callable[..., Worlds], tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "state").write_bytes(content)
    with pytest.raises(UsageError) as refused:
        kept()
    assert message in str(refused.value)
    assert (tmp_path / "state").read_bytes() == content


def test_a_broken_value_is_named(kept: Callable[..., Worlds], tmp_path: Path) -> None:
    kept()
    kept(name="other")
    lines = (tmp_path / "state").read_text().splitlines()
    world = json.loads(lines[1])
    world["tasks"][0]["account"] = world["tasks"][0]["id"]
    (tmp_path / "state").write_text(f"{lines[0]}\n{json.dumps(world)}\n")
    with pytest.raises(UsageError, match=r"state:2: body/tasks/0/account: the snapshot does not contain"):
        kept()


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    os.truncate(os.open(tmp_path / "state", os.O_CREAT | os.O_WRONLY), MAX_BYTES + 1)
    with StateFile(str(tmp_path / "state")) as file, pytest.raises(UsageError, match="more than 256 MiB"):
        file.read()


def test_a_save_that_fails_leaves_the_file_and_is_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    worlds, file = Worlds(), tmp_path / "state"
    with worlds_kept_in(str(file), worlds, WorldBuilder(), is_given=False, interval=0.01) as save_worlds:
        before = file.read_bytes()
        monkeypatch.setattr("workerkit.mockserver.state.state_file.MAX_BYTES", 100)
        with WorldServer(worlds, background=save_worlds) as mock:
            key = {"X-API-Key": "server-01-key"}
            assert requests.get(f"{mock.base_url}/tasks?limit=1", headers=key, timeout=PATIENCE).ok
            wait_for(lambda: bool(caplog.records))
            assert file.read_bytes() == before
            monkeypatch.undo()
            wait_for(lambda: file.read_bytes() != before)
    assert "the worlds need more than" in caplog.text
