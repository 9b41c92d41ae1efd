"""Files that are there in full or not at all."""

from __future__ import annotations

import os
import resource
import stat
import threading
from pathlib import Path

import pytest

from workerkit.mockserver.atomic_file import CannotWriteError, check_writable, write_whole


def test_a_file_has_the_content_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    write_whole(str(tmp_path / "report.json"), b"{}")
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("report.json", b"{}")]


def test_a_file_that_was_there_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    for content in (b"longer than the next", b"next", b""):
        write_whole(str(path), content)
        assert path.read_bytes() == content


def test_that_a_file_could_be_written_is_found_out_without_a_trace(tmp_path: Path) -> None:
    check_writable(str(tmp_path / "report.json"))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "report.json").write_bytes(b"{}")
    check_writable(str(tmp_path / "report.json"))
    check_writable(os.devnull)
    assert (tmp_path / "report.json").read_bytes() == b"{}"


def test_a_name_without_a_folder_is_in_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_whole("report.json", b"{}")
    assert (tmp_path / "report.json").read_bytes() == b"{}"


def test_a_reader_never_sees_a_part_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    contents = [b"a" * 200_000, b"b" * 300_000]
    write_whole(str(path), contents[0])
    written = threading.Event()

    def write() -> None:
        for index in range(100):
            write_whole(str(path), contents[index % 2])
        written.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not written.is_set():
        seen.add(path.read_bytes())
    writer.join()
    assert seen <= set(contents)


@pytest.mark.parametrize("name", ["missing/report.json", "folder", "report.json/inside"])
def test_what_cannot_be_written_is_said_and_nothing_is_left(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "report.json").write_bytes(b"{}")
    with pytest.raises(CannotWriteError, match=f"{name} cannot be written: [A-Z]"):
        check_writable(str(tmp_path / name))
    with pytest.raises(CannotWriteError, match=f"{name} cannot be written: [A-Z]"):
        write_whole(str(tmp_path / name), b"new")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["folder", "report.json"]
    assert (tmp_path / "report.json").read_bytes() == b"{}"


def test_a_write_that_fails_half_way_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(b"old")
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, usual[1]))
    try:
        with pytest.raises(CannotWriteError, match="cannot be written: File too large"):
            write_whole(str(path), b"new" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("report.json", b"old")]


def test_a_link_stays_a_link_to_the_file_that_is_written(tmp_path: Path) -> None:
    target, link = tmp_path / "real.json", tmp_path / "link.json"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_whole(str(link), b"new")
    assert (link.is_symlink(), target.read_bytes()) == (True, b"new")


def test_what_is_no_file_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(str(pipe), b"content")
        assert os.read(end, 100) == b"content"
    finally:
        os.close(end)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
