"""Tests the journal file: it is complete after every exchange and contains no secrets."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.mockserver.atomic_file import CannotWriteError
from workerkit.mockserver.observers.journal_file import JournalFile, journal_exchanges_to
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.world import World
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.exchange import Exchange

Json = dict[str, Any]
SECONDS = 120


def lines_of(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def entries_of(path: Path) -> list[Json]:
    log: Json = json.loads(path.read_bytes())["log"]
    assert log["version"] == "1.2"
    assert log["creator"]["name"] == "workerkit"
    entries: list[Json] = log["entries"]
    return entries


READERS = {"journal.jsonl": lines_of, "journal.har": entries_of, "journal.HAR": entries_of}
NAMES = pytest.mark.parametrize("name", READERS)


@pytest.fixture
def worlds() -> Worlds:
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(seed=3, timer=lambda: 0.0, with_tasks=False))
    return worlds


def exchange(number: int, **fields: Any) -> Exchange:
    values: Json = {
        "number": number,
        "operation": "sendLogs",
        "server": "server-01",
        "method": "POST",
        "path": "/api/v1/worker/logs",
        "query": "",
        "request_headers": (
            ("host", "mock:1"),
            ("content-type", "application/json"),
            ("x-api-key", "server-01-key"),
        ),
        "request_body": b'{"logs": []}',
        "status": 200,
        "answer_headers": (("content-type", "application/json"),),
        "answer_body": b'{"success":true,"created":0}',
        "began": 1_764_583_200.25,
        "ended": 1_764_583_200.5,
    }
    return Exchange(**{**values, **fields})


def add_exchange(world: World, **fields: Any) -> Exchange:
    new = exchange(world.journal.next_number(), **fields)
    world.journal.add(new)
    return new


# The content


@NAMES
def test_the_file_is_complete_at_the_start_and_after_each_exchange(
    tmp_path: Path, worlds: Worlds, name: str
) -> None:
    path, read = tmp_path / name, READERS[name]
    with journal_exchanges_to(JournalFile(str(path)), worlds):
        assert read(path) == []
        for count in range(1, 6):
            add_exchange(worlds.world(DEFAULT), request_body=b"x" * (100 // count))
            assert len(read(path)) == count
    assert len(read(path)) == 5


def test_a_line_is_the_exchange_as_in_the_control_plane(tmp_path: Path, worlds: Worlds) -> None:
    path, world = tmp_path / "journal.jsonl", worlds.world(DEFAULT)
    with journal_exchanges_to(JournalFile(str(path)), worlds):
        added = add_exchange(world)
    assert lines_of(path) == [{"world": DEFAULT, **mask_of(world).exchange(added)}]


def test_a_har_entry_has_the_request_and_the_answer(tmp_path: Path, worlds: Worlds) -> None:
    path, world = tmp_path / "journal.har", worlds.world(DEFAULT)
    with journal_exchanges_to(JournalFile(str(path)), worlds):
        add_exchange(
            world, path="/api/v1/worker/logs", query="a=1&b=%20x", status=400, why="body/logs: is missing"
        )
        add_exchange(
            world, status=None, answer_headers=(), answer_body=b"", request_body=b"", request_headers=()
        )
    first, second = entries_of(path)
    key = mask_of(world).text("server-01-key")
    assert first["startedDateTime"] == "2025-12-01T10:00:00.250Z"
    assert first["time"] == first["timings"]["wait"] == 250
    assert first["request"]["url"] == "http://mock:1/api/v1/worker/logs?a=1&b=%20x"
    assert first["request"]["queryString"] == [{"name": "a", "value": "1"}, {"name": "b", "value": " x"}]
    assert first["request"]["headers"][-1] == {"name": "x-api-key", "value": key}
    assert first["request"]["postData"] == {"mimeType": "application/json", "text": '{"logs":[]}'}
    assert first["request"]["bodySize"] == 12
    assert (first["response"]["status"], first["response"]["statusText"]) == (400, "Bad Request")
    assert json.loads(first["response"]["content"]["text"]) == {"success": True, "created": 0}
    assert first["comment"] == "exchange 1 of world default, sendLogs by server-01: body/logs: is missing"
    assert (second["response"]["status"], second["request"]["url"]) == (
        0,
        "http://localhost/api/v1/worker/logs",
    )
    assert "postData" not in second["request"]


@settings(max_examples=40, deadline=None)
@given(
    bodies=st.lists(
        st.binary(max_size=60) | st.text(max_size=30).map(lambda text: json.dumps(text).encode()), max_size=6
    ),
    query=st.text(st.characters(codec="latin-1"), max_size=20),
)
def test_the_file_can_be_read_whatever_was_sent(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes], query: str
) -> None:
    folder = tmp_path_factory.mktemp("journals")
    for name, read in READERS.items():
        worlds = Worlds()
        world = worlds.add(DEFAULT, WorldBuilder(seed=3, timer=lambda: 0.0, with_tasks=False)).world
        with journal_exchanges_to(JournalFile(str(folder / name)), worlds):
            for body in bodies:
                add_exchange(world, request_body=body, answer_body=body, query=query, path=f"/{query}")
        assert len(read(folder / name)) == len(bodies)


@NAMES
def test_all_worlds_are_written_also_new_and_reset_worlds(tmp_path: Path, worlds: Worlds, name: str) -> None:
    path = tmp_path / name
    with journal_exchanges_to(JournalFile(str(path)), worlds):
        add_exchange(worlds.world(DEFAULT))
        worlds.add("w1", WorldBuilder(seed=4, with_tasks=False))
        add_exchange(worlds.world("w1"))
        worlds.reset("w1")
        add_exchange(worlds.world("w1"))
        worlds.world("w1").set_server_status(worlds.world("w1").server("server-02"), "offline", by="a test")
    assert len(READERS[name](path)) == 3
    assert path.read_text().count("w1") >= 2


# The file itself


@NAMES
def test_the_old_content_is_deleted_when_the_with_block_begins(
    tmp_path: Path, worlds: Worlds, name: str
) -> None:
    path = tmp_path / name
    path.write_text("old " * 10_000)
    file = JournalFile(str(path))
    assert path.read_text().startswith("old")
    with file:
        assert "old" not in path.read_text()
    assert READERS[name](path) == []


@NAMES
@pytest.mark.parametrize("old", [None, 0o644, 0o660])
def test_a_new_file_is_readable_by_its_owner_only_and_an_old_file_keeps_its_mode(
    tmp_path: Path, worlds: Worlds, name: str, old: int | None
) -> None:
    path = tmp_path / name
    if old is not None:
        path.touch()
        path.chmod(old)
    with journal_exchanges_to(JournalFile(str(path)), worlds):
        add_exchange(worlds.world(DEFAULT))
    assert stat.S_IMODE(path.stat().st_mode) == (old or 0o600)


@NAMES
@pytest.mark.parametrize("place", ["missing/{}", "folder/{}/."])
def test_a_file_that_cannot_be_written_is_an_error_at_once(tmp_path: Path, name: str, place: str) -> None:
    (tmp_path / "folder" / name).mkdir(parents=True)
    with pytest.raises(CannotWriteError, match="cannot be written"):
        JournalFile(str(tmp_path / place.format(name)))


@NAMES
def test_a_named_pipe_is_an_error(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(CannotWriteError, match="block"):
        JournalFile(str(tmp_path / name))


def test_a_device_is_allowed() -> None:
    worlds = Worlds()
    world = worlds.add(DEFAULT, WorldBuilder(seed=3, with_tasks=False)).world
    with journal_exchanges_to(JournalFile(os.devnull), worlds):
        add_exchange(world)


def test_a_full_disk_is_logged_and_the_mock_goes_on(worlds: Worlds, caplog: pytest.LogCaptureFixture) -> None:
    with journal_exchanges_to(JournalFile("/dev/full"), worlds):
        for _ in range(3):
            add_exchange(worlds.world(DEFAULT))
    assert [log_record.getMessage() for log_record in caplog.records] == [
        "/dev/full: nothing more is written: No space left on device"
    ]
    assert worlds.world(DEFAULT).journal.count == 3


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """In the block, no file of this process can become larger: as on a full disk, a part is still written."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@NAMES
@pytest.mark.parametrize("room", [0, 1, 300])
@pytest.mark.parametrize("before", [0, 2])
def test_what_was_written_before_the_disk_is_full_stays_valid(
    tmp_path: Path, worlds: Worlds, caplog: pytest.LogCaptureFixture, name: str, room: int, before: int
) -> None:
    path, world = tmp_path / name, worlds.world(DEFAULT)
    with journal_exchanges_to(JournalFile(str(path)), worlds):
        for _ in range(before):
            add_exchange(world)
        written = path.read_bytes()
        with largest_file(len(written) + room):
            add_exchange(world)
            add_exchange(world)
        assert path.read_bytes() == written
        add_exchange(world)
    assert path.read_bytes() == written
    assert len(READERS[name](path)) == before
    assert len(caplog.records) == 1


def test_a_journal_that_cannot_begin_is_an_error_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "journal.har"
    path.write_text("old")
    with largest_file(2), pytest.raises(CannotWriteError, match=r"journal\.har cannot be written: "):
        JournalFile(str(path)).__enter__()


@NAMES
def test_a_second_writer_of_the_same_file_is_refused(tmp_path: Path, worlds: Worlds, name: str) -> None:
    path = tmp_path / name
    (tmp_path / "link").symlink_to(path)
    with journal_exchanges_to(JournalFile(str(path)), worlds):
        add_exchange(worlds.world(DEFAULT))
        for other in (path, tmp_path / "link"):
            with pytest.raises(CannotWriteError, match="another mock writes its journal to this file"):
                JournalFile(str(other))
        assert len(READERS[name](path)) == 1
    with JournalFile(str(path)):
        assert READERS[name](path) == []


def test_without_a_file_the_world_has_no_listener(worlds: Worlds) -> None:
    with journal_exchanges_to(None, worlds):
        assert worlds.world(DEFAULT).change_log.listener is None


# The command `serve`


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Starts `workerkit serve`; returns the process and the base URL."""
    processes: list[subprocess.Popen[str]] = []

    def start(*options: str) -> tuple[subprocess.Popen[str], str]:
        command = [
            sys.executable,
            "-c",
            "from workerkit.cli.main import main; main()",
            "serve",
            "--port",
            "0",
        ]
        process = subprocess.Popen(
            [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        processes.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().rpartition(" ")[2].strip()

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@NAMES
@pytest.mark.parametrize("end_signal", [signal.SIGKILL, signal.SIGTERM])
def test_all_answered_exchanges_are_in_the_file_even_after_sigkill(
    tmp_path: Path,
    serve: Callable[..., tuple[subprocess.Popen[str], str]],
    name: str,
    end_signal: signal.Signals,
) -> None:
    path = tmp_path / name
    process, base_url = serve("--journal", str(path))
    with requests.Session() as session:
        session.trust_env = False
        session.headers["X-API-Key"] = "server-01-key"
        for number in range(1, 31):
            answer = session.put(f"{base_url}/tasks/{number}", json={"note": "n" * number}, timeout=SECONDS)
            assert answer.status_code == 400
            if number % 10 == 0:
                assert len(READERS[name](path)) == number
        process.send_signal(end_signal)
        assert process.wait(SECONDS) == (0 if end_signal == signal.SIGTERM else -end_signal)
    assert len(READERS[name](path)) == 30


def test_a_second_mock_with_the_same_journal_ends_with_exit_code_2(
    tmp_path: Path, serve: Callable[..., tuple[subprocess.Popen[str], str]]
) -> None:
    path = tmp_path / "journal.har"
    serve("--journal", str(path))
    second, _ = serve("--journal", str(path))
    assert second.wait(SECONDS) == 2
    assert entries_of(path) == []


def test_the_command_ends_if_the_file_cannot_be_written(
    serve: Callable[..., tuple[subprocess.Popen[str], str]],
) -> None:
    process, _ = serve("--journal", "/no/such/folder/x.har")
    assert process.wait(SECONDS) == 2


def test_the_file_is_not_changed_if_the_port_is_in_use(
    tmp_path: Path, mock: WorldServer, serve: Callable[..., tuple[subprocess.Popen[str], str]]
) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text("old content")
    process, _ = serve("--journal", str(path), "--port", str(mock.port))
    assert process.wait(SECONDS) == 3
    assert path.read_text() == "old content"
