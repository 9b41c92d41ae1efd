"""A recording on disk: readable at any time, and in the end without any secret."""

from __future__ import annotations

import gzip
import json
import os
import stat
import zlib
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.openapi.masking.test_canaries import exchange
from workerkit.mockserver.atomic_file import CannotWriteError
from workerkit.mockserver.capsules.file.capsule import Capsule, Recorded
from workerkit.mockserver.capsules.file.reader import parse_capsule, read_capsule
from workerkit.mockserver.capsules.file.writer import CapsuleText
from workerkit.mockserver.capsules.http.framing import Framer, NotHttpError
from workerkit.mockserver.capsules.record.exchange_assembler import ExchangeAssembler
from workerkit.mockserver.capsules.record.recording import Recording

BEGAN = 1_764_583_200.0


def came(number: int, **fields: Any) -> Recorded:
    return Recorded(exchange(began=BEGAN + number, ended=BEGAN + number + 0.5, **fields))


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    with closing(Recording(str(tmp_path / "c.yaml"), upstream="http://a.example", began=BEGAN)) as begun:
        yield begun


def test_the_part_is_a_capsule_after_each_exchange(recording: Recording, tmp_path: Path) -> None:
    for number in range(3):
        recording.add(came(number))
        assert len(read_capsule(tmp_path / "c.yaml.part").recorded) == number + 1
    recording.finish()
    assert [each.name for each in tmp_path.iterdir()] == ["c.yaml"]
    assert len(read_capsule(tmp_path / "c.yaml").recorded) == 3


def test_a_secret_that_was_learned_late_is_not_in_what_was_written_early(
    recording: Recording, tmp_path: Path
) -> None:
    early = json.dumps({"logs": [{"level": "INFO", "message": "open sesame worked"}]}).encode()
    recording.add(came(1, request_body=early))
    assert "sesame" in (tmp_path / "c.yaml.part").read_text()
    recording.add(came(2, answer_body=b'{"data": [{"password": "open sesame"}]}'))
    recording.add(came(3, query="q=open%20sesame"))
    recording.finish()
    text = (tmp_path / "c.yaml").read_text()
    assert "sesame" not in text
    told = [recorded.exchange for recorded in parse_capsule(text, name="c.yaml").recorded]
    word = told[1].answered()["data"][0]["password"]
    assert told[0].sent()["logs"][0]["message"] == f"{word} worked"
    assert told[2].query == f"q={word}"


def test_many_secrets_one_after_another_are_all_replaced(recording: Recording, tmp_path: Path) -> None:
    for number in range(40):
        recording.add(came(number, request_headers=(("x-api-key", f"secret-key-{number}"),)))
    recording.finish()
    assert "secret-key" not in (tmp_path / "c.yaml").read_text()


@pytest.mark.parametrize(("coding", "kept"), [("gzip", True), ("deflate", True), ("br", False)])
def test_no_secret_hides_in_a_compressed_body(
    recording: Recording, tmp_path: Path, coding: str, *, kept: bool
) -> None:
    plain = b'{"data": [{"password": "open sesame"}]}'
    packed = zlib.compress(plain) if coding == "deflate" else gzip.compress(plain)
    recording.add(came(1, answer_body=packed, answer_headers=(("content-encoding", coding),)))
    recording.finish()
    told = read_capsule(tmp_path / "c.yaml").recorded[0].exchange
    assert b64encode(packed).decode() not in (tmp_path / "c.yaml").read_text()
    assert (told.answered() is not None, told.answer_headers, bool(told.why)) == (kept, (), not kept)
    assert b"sesame" not in told.answer_body


def test_a_part_that_is_left_is_not_written_over(recording: Recording, tmp_path: Path) -> None:
    with pytest.raises(CannotWriteError, match="left from a recording"):
        Recording(str(tmp_path / "c.yaml"), upstream="u", began=BEGAN)


def test_a_folder_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(CannotWriteError, match=r"there is no folder .*none\. Make it first"):
        Recording(str(tmp_path / "none" / "c.yaml"), upstream="u", began=BEGAN)


# The file itself


def record_at(path: Path) -> Recording:
    return Recording(str(path), upstream="http://a.example", began=BEGAN)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("old", [None, 0o644, 0o660])
def test_part_and_capsule_are_their_owners_and_a_capsule_that_was_there_keeps_its_mode(
    tmp_path: Path, old: int | None
) -> None:
    path = tmp_path / "c.yaml"
    if old is not None:
        path.write_text("old")
        path.chmod(old)
    with closing(record_at(path)) as begun:
        begun.add(came(1))
        assert mode_of(tmp_path / "c.yaml.part") == 0o600
        begun.finish()
    assert (mode_of(path), len(read_capsule(path).recorded)) == (old or 0o600, 1)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("was_there", [False, True])
def test_a_link_stays_and_the_recording_grows_beside_the_file_that_it_leads_to(
    tmp_path: Path, *, was_there: bool
) -> None:
    (tmp_path / "there").mkdir()
    link, real = tmp_path / "link.yaml", tmp_path / "there" / "real.yaml"
    link.symlink_to(real)
    if was_there:
        real.write_text("old")
    with closing(record_at(link)) as begun:
        assert (tmp_path / "there" / "real.yaml.part").exists()
        begun.finish()
    assert link.is_symlink()
    assert read_capsule(real).recorded == ()
    assert sorted(tmp_path.rglob("*")) == [link, tmp_path / "there", real]


def test_no_link_is_followed_where_the_part_is_to_be(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "c.yaml.part").symlink_to(victim)
    with pytest.raises(CannotWriteError, match="left from a recording"):
        record_at(tmp_path / "c.yaml")
    assert victim.read_text() == "precious"


def test_what_is_no_file_is_not_replaced_by_a_recording(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        with pytest.raises(CannotWriteError, match="it is no file"):
            record_at(path)
    assert sorted(tmp_path.iterdir()) == [link, pipe]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


ODD = st.sampled_from(
    ["X Y: a", ": z", "nocolon", " folded", "é: ü", "a: b\rc", "A\x00: d", "b: \x85", "c: \u2028", "ok: fine"]
)
TARGETS = st.sampled_from(["/api/v1/worker/tasks", "/\x00", "/%ff?a=\xff", "/a b", "*"])


@given(
    method=st.sampled_from(["GET", "get", "G\x00T", "G(T"]),
    target=TARGETS,
    status=st.sampled_from(["200", "099", "1200", "99", "²00", "204"]),
    asked=st.lists(ODD),
    answered=st.lists(ODD),
)
def test_whatever_goes_over_a_line_is_a_capsule_that_can_be_read(
    method: str, target: str, status: str, asked: list[str], answered: list[str]
) -> None:
    heard: list[Recorded] = []
    tape = ExchangeAssembler(heard.append, lambda: BEGAN)
    with suppress(NotHttpError):
        for piece in Framer(answers=False).feed(_head(f"{method} {target} HTTP/1.1", asked)):
            tape.asked(piece)
    tape.answered(_head(f"HTTP/1.1 {status} x", [*answered, "Content-Length: 2"]) + b"{}")
    tape.ended(reset=False)
    text = CapsuleText(BEGAN)
    written = text.head(Capsule(BEGAN, ())) + "".join(map(text.exchange, heard))
    assert len(parse_capsule(written, name="c.yaml").recorded) == len(heard)


def _head(first: str, lines: list[str]) -> bytes:
    return "\r\n".join([first, *lines, "", ""]).encode("latin-1", "replace")
