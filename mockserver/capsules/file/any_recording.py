"""Reads recorded traffic, whoever recorded it: capsules, HAR files, and journals in lines of JSON."""

from __future__ import annotations

import secrets
from binascii import Error as NoBase64
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from workerkit.mockserver.capsules.file.capsule import Capsule, Recorded
from workerkit.mockserver.capsules.file.form import PART, check_exchange
from workerkit.mockserver.capsules.file.har import NO_CONTENT, har_entries, of_har
from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.formats.strict_json import MalformedJsonError, parse, render
from workerkit.openapi.formats.timestamp import read_time
from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.openapi.masking.pseudonyms import Pseudonyms, secrets_of
from workerkit.openapi.spec.api import worker_api

Json = dict[str, Any]
Read = Callable[[Json, int], Recorded | None]
# Times in journals are whole seconds: those that came first are put first by this much.
_STEP = 1e-6
_KINDS = "a capsule nor a HAR nor a journal of workerkit serve"
_WRONG = (KeyError, TypeError, ValueError, AttributeError, NoBase64)


def read_traffic(path: Path) -> Capsule:
    """The capsule in a file or, made from a HAR or a journal, one without secrets. Raises NotUnderstood."""
    text = _text(path)
    if not text.lstrip("\ufeff \r\n\t").startswith("{"):
        return parse_capsule(text, name=str(path))
    lines = _lines(text)
    entries = har_entries(lines[0]) if len(lines) == 1 else None
    if entries is not None:
        return _capsule(path, entries, of_har)
    return _capsule(path, lines, _of_journal)


def _text(path: Path) -> str:
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        part = path.with_name(path.name + PART)
        there = f"; a recorder that was killed left {part}" if part.exists() else ""
        raise InvalidInputError(f"{path}: there is no such file{there}") from None
    except IsADirectoryError:
        raise InvalidInputError(f"{path}: this is a folder: give a file in it") from None
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidInputError(f"{path}: this is no text, and neither {_KINDS}") from None
    if not text.strip():
        raise InvalidInputError(f"{path}: the file is empty")
    return text


def without_secrets(capsule: Capsule) -> Capsule:
    """The capsule, all that it shows of secrets replaced wherever it stands."""
    known = dict.fromkeys(secret for each in capsule.recorded for secret in secrets_of(each.exchange))
    names = Pseudonyms(known, salt=secrets.token_bytes(32))
    recorded = tuple(Recorded(names.disguised(each.exchange), each.ending) for each in capsule.recorded)
    notes = tuple(map(names.text, capsule.notes))
    world = None if capsule.world is None else names.value(dict(capsule.world))
    told = {each: names.text(getattr(capsule, each)) for each in ("upstream", "scenario", "expected")}
    return Capsule(capsule.began, recorded, world, notes=notes, **told)


def _lines(text: str) -> list[Any]:
    """The JSON of the whole text or, where it is no one value, of each line."""
    whole = text.lstrip("\ufeff").encode("utf-8", "surrogatepass")
    try:
        return [parse(whole)]
    except MalformedJsonError:
        return [line for line in text.splitlines() if line.strip()]


def _capsule(path: Path, entries: Iterable[Any], read: Read) -> Capsule:
    everything = [_recorded(path, number, entry, read) for number, entry in enumerate(entries, 1)]
    found = [each for each in everything if each is not None]
    others = len(everything) - len(found)
    if not found:
        told = f", only {others} to other places" if others else ""
        raise InvalidInputError(f"{path}: there is no request to {worker_api().base_path} in it{told}")
    recorded = tuple(
        replace(each, exchange=replace(each.exchange, number=number)) for number, each in enumerate(found, 1)
    )
    notes = [f"made from {path.name}"]
    if others:
        notes.append(f"requests that went elsewhere are left out: {others}")
    if bare := sum(each.exchange.why == NO_CONTENT for each in found):
        notes.append(f"{path.name} does not have what was answered to {bare} of them: export it with content")
    began = min(each.exchange.began for each in found)
    return without_secrets(Capsule(began, recorded, notes=tuple(notes)))


def _recorded(path: Path, number: int, entry: Any, read: Read) -> Recorded | None:
    try:
        found = read(parse(entry.encode()) if isinstance(entry, str) else entry, number)
        if found is not None:
            check_exchange(found.exchange)
        return found
    except _WRONG as error:
        line = number if isinstance(entry, str) else 1
        why = f"there is no {error}" if isinstance(error, KeyError) else str(error)
        raise InvalidInputError(
            f"{path}:{line}:1: entry {number} is no exchange of a HAR or a journal: {why}"
        ) from None


def _of_journal(entry: Json, number: int) -> Recorded:
    began = read_time(entry["time"]) + number * _STEP
    status = entry["status"]
    exchange = Exchange(
        number=number,
        operation=entry["operation"],
        server=entry["server"],
        method=str(entry["method"]),
        path=str(entry["path"]),
        query=str(entry["query"]),
        request_headers=_pairs(entry["request"]["headers"]),
        request_body=_body(entry["request"]["body"]),
        status=status,
        answer_headers=_pairs(entry["answer"]["headers"]),
        answer_body=_body(entry["answer"]["body"]) if status else b"",
        began=began,
        ended=began + max(0.0, float(entry["seconds"])),
        why=str(entry["why"]),
    )
    return Recorded.plainly(exchange)


def _pairs(pairs: Iterable[list[str]]) -> Headers:
    return tuple((name, text) for name, text in pairs)


def _body(value: Any) -> bytes:
    if value is None:
        return b""
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else render(value)
