"""A recording on disk: it can be read at any time, and contains no secret at the end."""

from __future__ import annotations

import gzip
import json
import os
import stat
import tracemalloc
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
from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.mockserver.capsules.file.writer import CapsuleFormatter
from workerkit.mockserver.capsules.http.framing import Framer, NotHttpError
from workerkit.mockserver.capsules.other_tools.any_recording import read_recording
from workerkit.mockserver.capsules.record.exchange_assembler import ExchangeAssembler
from workerkit.mockserver.capsules.record.recording import Recording
from workerkit.mockserver.capsules.record.recording_pseudonyms import RecordingPseudonyms
from workerkit.openapi.formats.strict_json import is_json, parse, render

BEGAN = 1_764_583_200.0


def recorded_at(number: int, **fields: Any) -> RecordedExchange:
    return RecordedExchange(exchange(began=BEGAN + number, ended=BEGAN + number + 0.5, **fields))


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    with closing(Recording(str(tmp_path / "c.yaml"), upstream="http://a.example", began=BEGAN)) as started:
        yield started


def test_the_part_is_a_capsule_after_each_exchange(recording: Recording, tmp_path: Path) -> None:
    for number in range(3):
        recording.add(recorded_at(number))
        assert len(read_recording(tmp_path / "c.yaml.part").recorded) == number + 1
    recording.finish()
    assert [path.name for path in tmp_path.iterdir()] == ["c.yaml"]
    assert len(read_recording(tmp_path / "c.yaml").recorded) == 3


def test_a_secret_that_is_learned_late_is_also_replaced_in_early_exchanges(
    recording: Recording, tmp_path: Path
) -> None:
    early = json.dumps({"logs": [{"level": "INFO", "message": "open sesame worked"}]}).encode()
    recording.add(recorded_at(1, request_body=early))
    assert "sesame" in (tmp_path / "c.yaml.part").read_text()
    recording.add(recorded_at(2, answer_body=b'{"data": [{"password": "open sesame"}]}'))
    recording.add(recorded_at(3, query="q=open%20sesame"))
    recording.finish()
    text = (tmp_path / "c.yaml").read_text()
    assert "sesame" not in text
    exchanges = [recorded.exchange for recorded in parse_capsule(text, name="c.yaml").recorded]
    pseudonym = exchanges[1].answer_json()["data"][0]["password"]
    assert exchanges[0].request_json()["logs"][0]["message"] == f"{pseudonym} worked"
    assert exchanges[2].query == f"q={pseudonym}"


LATE = "open sesame"
LONG = {"logs": [{"level": "INFO", "message": f'line {n}: "{LATE}" or\n50 %'} for n in range(60)]}


@pytest.mark.parametrize(
    "early",
    [
        {"path": f"/a/{LATE}"},
        {"query": f"q={LATE}&r=1"},
        {"request_headers": (("x-note", f"é {LATE}"), ("accept", "*/*"))},
        {"request_body": json.dumps({"note": f"\x7f {LATE}", LATE: 5}).encode()},
        {"request_body": json.dumps(LONG).encode()},
        {"answer_body": f'<p class="x">{LATE}</p>'.encode()},
        {"answer_body": b"<p>\xe9 %b</p>" % LATE.encode()},
    ],
    ids=["path", "query", "header", "json", "long json", "text", "latin-1"],
)
def test_a_secret_that_is_learned_late_is_replaced_wherever_it_is(
    recording: Recording, tmp_path: Path, early: dict[str, Any]
) -> None:
    recording.add(recorded_at(1, **early))
    recording.add(recorded_at(2, answer_body=json.dumps({"data": [{"password": LATE}]}).encode()))
    recording.add(recorded_at(3, **early))
    recording.finish()
    capsule = read_recording(tmp_path / "c.yaml")
    first, second, third = (recorded.exchange for recorded in capsule.recorded)
    pseudonym = second.answer_json()["data"][0]["password"]
    assert pseudonym.startswith("p-")
    ((name, value),) = early.items()
    assert repr(getattr(first, name)) == repr(_compact(value)).replace(LATE, pseudonym)
    assert getattr(third, name) == getattr(first, name)
    assert capsule.is_complete is True


def _compact(value: Any) -> Any:
    """A JSON body without spaces between its parts. Everything else as it is."""
    return render(parse(value)) if isinstance(value, bytes) and is_json(value) else value


def test_the_end_of_a_recording_needs_little_memory(recording: Recording, tmp_path: Path) -> None:
    log = {"level": "INFO", "message": "a long line of a log, " * 100}
    for number in range(40):
        logs = [log] * 100 + [{**log, "message": f"{LATE} {number}"}]
        recording.add(recorded_at(number, request_body=json.dumps({"logs": logs}).encode()))
    recording.add(recorded_at(41, answer_body=json.dumps({"data": [{"password": LATE}]}).encode()))
    size = (tmp_path / "c.yaml.part").stat().st_size
    tracemalloc.start()
    recording.finish()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert LATE not in (tmp_path / "c.yaml").read_text()
    assert peak < size


def test_an_error_at_the_end_leaves_the_part_as_it_is(
    recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording.add(recorded_at(1, query=f"q={LATE}"))
    recording.add(recorded_at(2, answer_body=json.dumps({"data": [{"password": LATE}]}).encode()))
    part = (tmp_path / "c.yaml.part").read_text()

    def fail(*_: object) -> Iterator[str]:
        raise CannotWriteError("the disk is full")

    monkeypatch.setattr(RecordingPseudonyms, "clean_lines", fail)
    with pytest.raises(CannotWriteError):
        recording.finish()
    assert [path.name for path in tmp_path.iterdir()] == ["c.yaml.part"]
    assert (tmp_path / "c.yaml.part").read_text() == part


def test_many_secrets_one_after_another_are_all_replaced(recording: Recording, tmp_path: Path) -> None:
    for number in range(40):
        recording.add(recorded_at(number, request_headers=(("x-api-key", f"secret-key-{number}"),)))
    recording.finish()
    assert "secret-key" not in (tmp_path / "c.yaml").read_text()


@pytest.mark.parametrize(("coding", "kept"), [("gzip", True), ("deflate", True), ("br", False)])
def test_a_secret_in_a_compressed_body_is_replaced(
    recording: Recording, tmp_path: Path, coding: str, *, kept: bool
) -> None:
    plain = b'{"data": [{"password": "open sesame"}]}'
    compressed = zlib.compress(plain) if coding == "deflate" else gzip.compress(plain)
    recording.add(recorded_at(1, answer_body=compressed, answer_headers=(("content-encoding", coding),)))
    recording.finish()
    exchange = read_recording(tmp_path / "c.yaml").recorded[0].exchange
    assert b64encode(compressed).decode() not in (tmp_path / "c.yaml").read_text()
    assert (exchange.answer_json() is not None, bool(exchange.why)) == (kept, not kept)
    assert exchange.answer_headers == ()
    assert b"sesame" not in exchange.answer_body


def test_an_existing_part_is_not_overwritten(recording: Recording, tmp_path: Path) -> None:
    with pytest.raises(CannotWriteError, match="from a recording that was killed"):
        Recording(str(tmp_path / "c.yaml"), upstream="u", began=BEGAN)


def test_a_missing_folder_is_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(CannotWriteError, match=r"the folder .*none does not exist\. Make it first"):
        Recording(str(tmp_path / "none" / "c.yaml"), upstream="u", began=BEGAN)


# The file itself


def recording_to(path: Path) -> Recording:
    return Recording(str(path), upstream="http://a.example", began=BEGAN)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("old", [None, 0o644, 0o660])
def test_only_the_owner_can_read_new_files_and_an_existing_file_keeps_its_mode(
    tmp_path: Path, old: int | None
) -> None:
    path = tmp_path / "c.yaml"
    if old is not None:
        path.write_text("old")
        path.chmod(old)
    with closing(recording_to(path)) as started:
        started.add(recorded_at(1))
        assert mode_of(tmp_path / "c.yaml.part") == 0o600
        started.finish()
    assert (mode_of(path), len(read_recording(path).recorded)) == (old or 0o600, 1)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("file_exists", [False, True])
def test_a_link_stays_and_the_recording_grows_beside_the_linked_file(
    tmp_path: Path, *, file_exists: bool
) -> None:
    (tmp_path / "there").mkdir()
    link, real = tmp_path / "link.yaml", tmp_path / "there" / "real.yaml"
    link.symlink_to(real)
    if file_exists:
        real.write_text("old")
    with closing(recording_to(link)) as started:
        assert (tmp_path / "there" / "real.yaml.part").exists()
        started.finish()
    assert link.is_symlink()
    assert read_recording(real).recorded == ()
    assert sorted(tmp_path.rglob("*")) == [link, tmp_path / "there", real]


def test_a_link_in_place_of_the_part_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "c.yaml.part").symlink_to(victim)
    with pytest.raises(CannotWriteError, match="from a recording that was killed"):
        recording_to(tmp_path / "c.yaml")
    assert victim.read_text() == "precious"


def test_a_pipe_is_not_replaced_by_a_recording(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        with pytest.raises(CannotWriteError, match="it is not a file"):
            recording_to(path)
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
    request_headers=st.lists(ODD),
    answer_headers=st.lists(ODD),
)
def test_a_capsule_of_odd_http_can_be_read(
    method: str, target: str, status: str, request_headers: list[str], answer_headers: list[str]
) -> None:
    exchanges: list[RecordedExchange] = []
    assembler = ExchangeAssembler(exchanges.append, lambda: BEGAN)
    with suppress(NotHttpError):
        for piece in Framer(answers=False).feed(_head(f"{method} {target} HTTP/1.1", request_headers)):
            assembler.client_sent(piece)
    assembler.server_sent(_head(f"HTTP/1.1 {status} x", [*answer_headers, "Content-Length: 2"]) + b"{}")
    assembler.connection_ended(reset=False)
    formatter = CapsuleFormatter(BEGAN)
    text = formatter.head(Capsule(BEGAN, ())) + "".join(map(formatter.exchange, exchanges))
    assert len(parse_capsule(text, name="c.yaml").recorded) == len(exchanges)


def _head(first: str, lines: list[str]) -> bytes:
    return "\r\n".join([first, *lines, "", ""]).encode("latin-1", "replace")
