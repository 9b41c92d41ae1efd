"""Reads a recording as a capsule: a capsule file, a HAR file, or a journal of `workerkit serve`."""

from __future__ import annotations

import secrets
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.file.file_format import PART_SUFFIX, check_exchange
from workerkit.mockserver.capsules.file.har import NO_CONTENT, exchange_from_har, har_entries
from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.formats.strict_json import MalformedJsonError, parse, render
from workerkit.openapi.formats.timestamp import read_time
from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.openapi.masking.pseudonyms import Pseudonyms, secrets_of
from workerkit.openapi.spec.api import worker_api

Json = dict[str, Any]
ReadEntry = Callable[[Json, int], RecordedExchange | None]
# Times in a journal are whole seconds. Entries with the same time must keep their order. So this number is
# added once to the time of entry 1, twice to the time of entry 2, and so on.
_SECONDS_BETWEEN_ENTRIES = 1e-6
_ENTRY_ERRORS = (KeyError, TypeError, ValueError, AttributeError, Base64Error)


def read_recording(path: Path) -> Capsule:
    """The capsule in a file. A HAR or a journal becomes a capsule without secrets.

    Raises InvalidInputError.
    """
    text = _text(path)
    if not text.lstrip("\ufeff \r\n\t").startswith("{"):
        return parse_capsule(text, name=str(path))
    entries = _json_values(text)
    from_har = har_entries(entries[0]) if len(entries) == 1 else None
    if from_har is not None:
        return _capsule(path, from_har, exchange_from_har)
    return _capsule(path, entries, _exchange_from_journal)


def _text(path: Path) -> str:
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        part = path.with_name(path.name + PART_SUFFIX)
        hint = f". There is {part} from a recording that was killed: use that file" if part.exists() else ""
        raise InvalidInputError(f"{path}: this file does not exist{hint}") from None
    except IsADirectoryError:
        raise InvalidInputError(f"{path}: this is a folder. Name a file in it") from None
    except OSError as error:
        raise InvalidInputError(f"{path}: the file cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidInputError(
            f"{path}: this is not a text file. Name a capsule, a HAR or a journal of workerkit serve"
        ) from None
    if not text.strip():
        raise InvalidInputError(f"{path}: the file is empty")
    return text


def without_secrets(capsule: Capsule) -> Capsule:
    """The capsule with pseudonyms for all secrets that its exchanges show."""
    known = dict.fromkeys(secret for recorded in capsule.recorded for secret in secrets_of(recorded.exchange))
    pseudonyms = Pseudonyms(known, salt=secrets.token_bytes(32))
    return Capsule(
        capsule.began,
        tuple(
            RecordedExchange(pseudonyms.without_secrets(recorded.exchange), recorded.ending)
            for recorded in capsule.recorded
        ),
        None if capsule.world is None else pseudonyms.value(dict(capsule.world)),
        upstream=pseudonyms.text(capsule.upstream),
        scenario=pseudonyms.text(capsule.scenario),
        expected=pseudonyms.text(capsule.expected),
        notes=tuple(map(pseudonyms.text, capsule.notes)),
    )


def _json_values(text: str) -> list[Any]:
    """A list with the JSON value of the text. If the text is not one JSON value: a list of its lines."""
    data = text.lstrip("\ufeff").encode("utf-8", "surrogatepass")
    try:
        return [parse(data)]
    except MalformedJsonError:
        return [line for line in text.splitlines() if line.strip()]


def _capsule(path: Path, entries: Iterable[Any], read_entry: ReadEntry) -> Capsule:
    all_read = [_recorded(path, number, entry, read_entry) for number, entry in enumerate(entries, 1)]
    api_only = [recorded for recorded in all_read if recorded is not None]
    other_count = len(all_read) - len(api_only)
    if not api_only:
        others = f". Requests to other addresses: {other_count}" if other_count else ""
        raise InvalidInputError(f"{path}: it contains no request to {worker_api().base_path}{others}")
    numbered = tuple(
        replace(recorded, exchange=replace(recorded.exchange, number=number))
        for number, recorded in enumerate(api_only, 1)
    )
    began = min(recorded.exchange.began for recorded in api_only)
    return without_secrets(Capsule(began, numbered, notes=tuple(_notes(path, api_only, other_count))))


def _notes(path: Path, recorded: list[RecordedExchange], other_count: int) -> list[str]:
    notes = [f"made from {path.name}"]
    if other_count:
        notes.append(f"left out: {other_count} requests to other addresses")
    if without_body := sum(item.exchange.why == NO_CONTENT for item in recorded):
        notes.append(
            f"answers without a body in {path.name}: {without_body}. "
            "To get the bodies, export the HAR with content"
        )
    return notes


def _recorded(path: Path, number: int, entry: Any, read_entry: ReadEntry) -> RecordedExchange | None:
    try:
        recorded = read_entry(parse(entry.encode()) if isinstance(entry, str) else entry, number)
        if recorded is not None:
            check_exchange(recorded.exchange)
        return recorded
    except _ENTRY_ERRORS as error:
        line = number if isinstance(entry, str) else 1
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise InvalidInputError(
            f"{path}:{line}:1: entry {number} is not an exchange of a HAR or a journal: {reason}"
        ) from None


def _exchange_from_journal(entry: Json, number: int) -> RecordedExchange:
    began = read_time(entry["time"]) + number * _SECONDS_BETWEEN_ENTRIES
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
    return RecordedExchange.of(exchange)


def _pairs(pairs: Iterable[list[str]]) -> Headers:
    return tuple((name, text) for name, text in pairs)


def _body(value: Any) -> bytes:
    if value is None:
        return b""
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else render(value)
