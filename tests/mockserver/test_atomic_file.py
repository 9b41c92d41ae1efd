"""Files that are written in one step."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from workerkit.mockserver import atomic_file
from workerkit.mockserver.atomic_file import CannotWriteError, check_writable, write_atomically

PATIENCE = 60


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def _default_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_a_new_file_has_the_content_and_no_draft_is_left(tmp_path: Path) -> None:
    write_atomically(str(tmp_path / "report.json"), b"{}")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("report.json", b"{}")]


def test_an_existing_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    for content in (b"longer than the next", b"next", b""):
        write_atomically(str(path), content)
        assert path.read_bytes() == content


def test_check_writable_leaves_no_file(tmp_path: Path) -> None:
    check_writable(str(tmp_path / "report.json"))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "report.json").write_bytes(b"{}")
    check_writable(str(tmp_path / "report.json"))
    check_writable(os.devnull)
    assert (tmp_path / "report.json").read_bytes() == b"{}"


def test_a_name_without_a_folder_is_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_atomically("report.json", b"{}")
    assert (tmp_path / "report.json").read_bytes() == b"{}"


def test_a_reader_never_sees_an_incomplete_file(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    contents = [b"a" * 200_000, b"b" * 300_000]
    write_atomically(str(path), contents[0])
    is_done = threading.Event()

    def write() -> None:
        for index in range(100):
            write_atomically(str(path), contents[index % 2])
        is_done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not is_done.is_set():
        seen.add(path.read_bytes())
    writer.join()
    assert seen <= set(contents)


@pytest.mark.parametrize("name", ["missing/report.json", "folder", "report.json/inside"])
def test_an_unwritable_file_is_named_and_no_draft_is_left(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "report.json").write_bytes(b"{}")
    with pytest.raises(CannotWriteError, match=f"{name} cannot be written: [A-Z]"):
        check_writable(str(tmp_path / name))
    with pytest.raises(CannotWriteError, match=f"{name} cannot be written: [A-Z]"):
        write_atomically(str(tmp_path / name), b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "report.json"]
    assert (tmp_path / "report.json").read_bytes() == b"{}"


def test_a_failed_write_does_not_change_the_file(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(b"old")
    resource = pytest.importorskip("resource")
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, usual[1]))
    try:
        with pytest.raises(CannotWriteError, match="cannot be written: File too large"):
            write_atomically(str(path), b"new" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("report.json", b"old")]


def test_a_link_stays_and_its_target_is_written(tmp_path: Path) -> None:
    target, link = tmp_path / "real.json", tmp_path / "link.json"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_atomically(str(link), b"new")
    assert (link.is_symlink(), target.read_bytes()) == (True, b"new")


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomically(str(pipe), b"content")
        assert os.read(end, 100) == b"content"
    finally:
        os.close(end)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_pipe_that_nobody_reads_is_an_error_and_holds_nobody(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(CannotWriteError, match="pipe cannot be written: nobody reads this pipe"):
        write_atomically(str(pipe), b"content")


# File modes


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o002, 0o664), (0o077, 0o600)])
def test_a_new_file_has_the_usual_mode_and_only_the_owner_can_read_a_secret_one(
    tmp_path: Path, umask: int, mode: int
) -> None:
    os.umask(umask)
    write_atomically(str(tmp_path / "report.json"), b"{}")
    write_atomically(str(tmp_path / "ready.json"), b"{}", secret=True)
    assert mode_of(tmp_path / "report.json") == mode
    assert mode_of(tmp_path / "ready.json") == 0o600


@pytest.mark.parametrize("secret", [False, True])
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o666, 0o400])
def test_an_existing_file_keeps_its_mode(tmp_path: Path, mode: int, *, secret: bool) -> None:
    path, link = tmp_path / "ready.json", tmp_path / "link.json"
    path.write_bytes(b"old")
    path.chmod(mode)
    link.symlink_to(path)
    for name in (path, link):
        write_atomically(str(name), b"{}", secret=secret)
        assert (mode_of(path), path.read_bytes()) == (mode, b"{}")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file to another user"
)
@pytest.mark.parametrize(("secret", "mode"), [(True, 0o600), (False, 0o644)])
def test_the_mode_of_a_file_of_another_user_is_not_kept(tmp_path: Path, mode: int, *, secret: bool) -> None:
    path = tmp_path / "ready.json"
    path.write_bytes(b"by another user")
    path.chmod(0o666)
    os.chown(path, 12345, -1)
    write_atomically(str(path), b"{}", secret=secret)
    assert (mode_of(path), path.stat().st_uid, path.read_bytes()) == (mode, os.geteuid(), b"{}")


# The draft


def write_until_killed(path: Path, *, secret: bool) -> None:
    """Starts a process that writes a file. The system kills the process after 4096 bytes."""
    source = f"""
import resource, signal
from workerkit.mockserver.atomic_file import write_atomically
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
write_atomically({str(path)!r}, b"new" * 100_000, secret={secret})
"""
    assert subprocess.run([sys.executable, "-c", source], timeout=PATIENCE).returncode == -signal.SIGXFSZ


@pytest.mark.parametrize(("old", "secret"), [(None, True), (0o600, False), (0o644, True), (0o644, False)])
def test_a_killed_write_leaves_the_file_unchanged_and_a_new_draft_that_only_the_owner_can_read(
    tmp_path: Path, old: int | None, *, secret: bool
) -> None:
    path = tmp_path / "ready.json"
    if old is not None:
        path.write_bytes(b"old")
        path.chmod(old)
    for _ in range(2):
        write_until_killed(path, secret=secret)
    drafts = [file for file in tmp_path.iterdir() if file != path]
    assert [(mode_of(draft), draft.stat().st_size) for draft in drafts] == [(0o600, 4096)] * 2
    assert path.exists() == (old is not None)
    if old is not None:
        assert (path.read_bytes(), mode_of(path)) == (b"old", old)
    write_atomically(str(path), b"new", secret=secret)
    assert path.read_bytes() == b"new"


def test_a_link_with_a_predictable_name_is_not_followed(
    tmp_path: Path,
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    link = tmp_path / f".ready.json.{os.getpid()}"
    link.symlink_to(victim)
    write_atomically(str(tmp_path / "ready.json"), b"{}", secret=True)
    assert (victim.read_bytes(), link.is_symlink()) == (b"precious", True)
    assert (tmp_path / "ready.json").read_bytes() == b"{}"


@pytest.mark.parametrize("kind", ["file", "link", "link to nothing"])
def test_an_existing_file_with_the_name_of_the_draft_is_not_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    victim, planted = tmp_path / "victim", tmp_path / ".workerkit-guessed"
    if kind != "link to nothing":
        victim.write_bytes(b"precious")
    (planted.hardlink_to if kind == "file" else planted.symlink_to)(victim)
    monkeypatch.setattr(atomic_file, "token_hex", lambda length: "guessed")
    before = {file.name: file.lstat().st_ino for file in tmp_path.iterdir()}
    with pytest.raises(CannotWriteError, match=r"ready\.json cannot be written: File exists"):
        write_atomically(str(tmp_path / "ready.json"), b"{}")
    assert {file.name: file.lstat().st_ino for file in tmp_path.iterdir()} == before
    assert kind == "link to nothing" or victim.read_bytes() == b"precious"


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    write_atomically(str(path), b"{}")
    assert path.read_bytes() == b"{}"


# Symbolic links and standard output


def test_the_draft_is_in_the_folder_of_the_target_of_a_link(tmp_path: Path) -> None:
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
    link, real = tmp_path / "here" / "link.json", tmp_path / "there" / "real.json"
    link.symlink_to(real)
    write_until_killed(link, secret=True)
    assert (len(list((tmp_path / "here").iterdir())), len(list((tmp_path / "there").iterdir()))) == (1, 1)
    write_atomically(str(link), b"{}", secret=True)  # until now the target of the link did not exist
    assert (link.is_symlink(), real.read_bytes(), mode_of(real)) == (True, b"{}", 0o600)


def test_circular_links_are_refused(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.symlink_to(other)
    other.symlink_to(one)
    for function in (check_writable, lambda name: write_atomically(name, b"{}")):
        with pytest.raises(
            CannotWriteError, match="one cannot be written: Too many levels of symbolic links"
        ):
            function(str(one))
    assert (one.is_symlink(), other.is_symlink()) == (True, True)


BUFFERED = {**os.environ, "PYTHONUNBUFFERED": ""}
SCRIPT = """
from workerkit.mockserver.atomic_file import check_writable, write_atomically
print("before")
check_writable("/dev/stdout")
write_atomically("/dev/stdout", b"content\\n", secret=True)
print("after")
"""


@pytest.mark.parametrize("mode", ["wb", "ab"])
def test_the_file_behind_standard_output_is_written_in_order(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "output"
    path.write_bytes(b"old\n")
    with path.open(mode) as file:
        subprocess.run(
            [sys.executable, "-c", SCRIPT], stdout=file, check=True, timeout=PATIENCE, env=BUFFERED
        )
    old = b"old\n" if mode == "ab" else b""
    assert path.read_bytes() == old + b"before\ncontent\nafter\n"
    assert (mode_of(path), list(tmp_path.iterdir())) == (0o644, [path])


def test_a_pipe_behind_standard_output_is_written_in_order() -> None:
    printed = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, check=True, timeout=PATIENCE
    )
    assert (printed.stdout, printed.stderr) == (b"before\ncontent\nafter\n", b"")
