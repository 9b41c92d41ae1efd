"""Makes a capsule from the entries of a recording. Odd entries are passed over, and notes say why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workerkit.mockserver.capsules.file.capsule import NOT_COMPARED, Capsule, RecordedExchange
from workerkit.mockserver.capsules.other_tools.foreign_exchange import (
    NO_CONTENT,
    OtherRequestError,
    PreflightError,
)
from workerkit.openapi.exchange_reader import key_of
from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.openapi.languages.phrase import counted_phrase, error_text, phrase
from workerkit.openapi.spec.api import operation_of, worker_api

ReadEntry = Callable[[Any, int, str], RecordedExchange]
_ENTRY_ERRORS = (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
_MAX_LISTED = 5
NO_KEY = f"{NOT_COMPARED}: the recording contains no API key"
# Each request in HTTP/1.1 has a header, so the tool has left the headers out.
NO_HEADERS = f"{NOT_COMPARED}: the recording contains no headers of the request"


@dataclass(frozen=True)
class Entries:
    """The entries of a recording, and how they are read.

    noun: what the tool calls an entry.
    items: the entries.
    read: reads an entry. It takes the entry, its number and the base path of the API.
    line_of: the line of an entry with a number; None if the file has no lines.
    head: a capsule without exchanges; the new capsule gets its notes and its world.
    is_complete: whether the tool that wrote the recording leaves out no exchange. None if this is not known.
    """

    noun: str
    items: Sequence[Any]
    read: ReadEntry
    line_of: Callable[[int], int] | None = None
    head: Capsule | None = None
    is_complete: bool | None = False

    def place(self, number: int) -> str:
        """Where an entry is: `entry 3, line 120`."""
        line = "" if self.line_of is None else f", line {self.line_of(number)}"
        return f"{self.noun} {number}{line}"


@dataclass
class _Result:
    """What was read.

    odd: for each reason, the numbers of the entries.
    """

    recorded: list[RecordedExchange] = field(default_factory=list)
    other_paths: list[str] = field(default_factory=list)
    preflights: int = 0
    odd: dict[str, list[int]] = field(default_factory=dict)


def capsule_of(entries: Entries, path: Path, base_path: str) -> Capsule:
    """The capsule of a recording, with its secrets.

    path: the file of the recording.
    base_path: the base path of the API in the recording.

    Raises InvalidInputError if no entry is a request to the Worker API.
    """
    result = _read(entries, base_path)
    if not result.recorded and (entries.head is None or entries.items):
        raise InvalidInputError(f"{path}: {'. '.join(_why_empty(entries, result, base_path))}")
    all_recorded = result.recorded if entries.head is not None else _with_known_keys(result.recorded)
    ordered = sorted(all_recorded, key=lambda recorded: recorded.exchange.began)
    numbered = tuple(
        replace(recorded, exchange=replace(recorded.exchange, number=number))
        for number, recorded in enumerate(ordered, 1)
    )
    notes = tuple(_notes(entries, result, path.name, ordered))
    is_complete = False if result.odd else entries.is_complete
    if entries.head is not None:
        return replace(
            entries.head,
            recorded=numbered,
            notes=(*entries.head.notes, *notes),
            is_complete=is_complete,
        )
    return Capsule(
        ordered[0].exchange.began,
        numbered,
        notes=(phrase("made from {file}", file=path.name), *notes),
        is_complete=is_complete,
    )


def _read(entries: Entries, base_path: str) -> _Result:
    result = _Result()
    for number, item in enumerate(entries.items, 1):
        try:
            result.recorded.append(entries.read(item, number, base_path))
        except OtherRequestError as error:
            result.other_paths.append(error.path)
        except PreflightError:
            result.preflights += 1
        except _ENTRY_ERRORS as error:
            result.odd.setdefault(_reason(error), []).append(number)
    return result


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return phrase("it has no {name}", name=error.args[0])
    if isinstance(error, TypeError | AttributeError):
        return phrase("a part of it has the wrong type")
    if isinstance(error, RecursionError):
        return phrase("it has too many levels")
    return error_text(error)


def _with_known_keys(recorded: Sequence[RecordedExchange]) -> list[RecordedExchange]:
    """The exchanges. If the recording has no API key, but answers to one, nothing can be compared.

    Some tools leave out keys or all headers of requests, perhaps of some requests only.
    """
    needs_key = any(item.exchange.accepted and item.exchange.operation for item in recorded)
    if needs_key and not any(key_of(item.exchange) for item in recorded):
        return [_without_comparison(item, NO_KEY) for item in recorded]
    return [
        item if item.exchange.request_headers else _without_comparison(item, NO_HEADERS) for item in recorded
    ]


def _without_comparison(recorded: RecordedExchange, reason: str) -> RecordedExchange:
    why = "; ".join(filter(None, (recorded.exchange.why, reason)))
    return replace(recorded, exchange=replace(recorded.exchange, why=why))


def _notes(entries: Entries, result: _Result, name: str, recorded: Sequence[RecordedExchange]) -> list[str]:
    notes = _left_out(entries, result)
    if result.odd:
        notes.append(phrase("If a replay finds a difference, what was passed over may be its cause"))
    if any(NO_KEY in item.exchange.why for item in recorded) and entries.head is None:
        notes.append(
            phrase(
                "{file} contains no API key, so nothing can be compared. Record the request header {header}, "
                "too",
                file=name,
                header=worker_api().key_header,
            )
        )
    without_body = sum(NO_CONTENT in recorded.exchange.why for recorded in result.recorded)
    if without_body and entries.head is None:
        notes.append(
            phrase(
                "answers without a body in {file}: {count}. To get the bodies, record them with their "
                "content",
                file=name,
                count=without_body,
            )
        )
    return notes


def _left_out(entries: Entries, result: _Result) -> list[str]:
    """Sentences about the entries that are not in the capsule."""
    notes: list[str] = []
    if result.other_paths:
        notes.append(
            counted_phrase(
                len(result.other_paths),
                "left out: {count} request to other addresses",
                "left out: {count} requests to other addresses",
            )
        )
    if result.preflights:
        notes.append(
            counted_phrase(
                result.preflights,
                "left out: {count} request with the method OPTIONS, which browsers send on their own",
                "left out: {count} requests with the method OPTIONS, which browsers send on their own",
            )
        )
    for reason, numbers in result.odd.items():
        listed = "; ".join(map(entries.place, numbers[:_MAX_LISTED])) + (
            "; ..." if len(numbers) > _MAX_LISTED else ""
        )
        notes.append(
            phrase(
                "passed over: {entries} ({listed}): {reason}",
                entries=_count(len(numbers), entries.noun),
                listed=listed,
                reason=reason,
            )
        )
    return notes


def _why_empty(entries: Entries, result: _Result, base_path: str) -> list[str]:
    what = "no request that can be read" if result.odd else f"no request to {base_path}"
    sentences = [f"it contains {what}"]
    if not entries.items:
        return [*sentences, "It has no entries at all"]
    sentences += _left_out(entries, result)
    if found := Counter(filter(None, map(_base_path_in, result.other_paths))).most_common(1):
        sentences.append(
            f"Does the API have another base path? Try: workerkit record --base-path {found[0][0]}"
        )
    return sentences


def _base_path_in(path: str) -> str | None:
    """The part of a path before the path of an operation. None if the path ends in no such path."""
    for place, sign in enumerate(path):
        if sign == "/" and _is_operation(path[place:]):
            return path[:place] or None
    return None


def _is_operation(path: str) -> bool:
    full = worker_api().base_path + path
    return any(operation_of(method, full) is not None for method in ("GET", "POST", "PUT"))


def _count(number: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"1 {noun}" if number == 1 else f"{number} {plural}"
