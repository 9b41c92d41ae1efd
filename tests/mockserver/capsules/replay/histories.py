"""Random histories of two clients at an independent server, and ways to lose parts of their recordings."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from tests.independent.client import ALL_STATUSES, Client, unknown_id
from tests.independent.kinds import STATUSES
from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.other_tools.any_recording import read_recording
from workerkit.mockserver.capsules.other_tools.har_capsule import har_text

_SHARE_REMOVED = 0.3
_LIMITS = (1, 2, 3, 5, 7, 20, 100, 1000)
_Part = Callable[[list[RecordedExchange], Random], list[RecordedExchange]]


class History:
    """Sends random requests with the API keys of two servers.

    The requests are lists of all kinds, updates of listed, foreign and unknown tasks, heartbeats and logs.
    """

    def __init__(self, client: Client, random: Random) -> None:
        self._random = random
        self._clients = (client, client.other_server)
        self._listed: tuple[list[str], list[str]] = ([], [])
        self._service_type = "none"

    def send(self, count: int) -> None:
        """Sends `count` requests."""
        for _ in range(count):
            number = self._random.choice((0, 0, 0, 1))
            if not self._listed[number] or self._random.random() < 0.5:
                self._send_list(number)
            else:
                self._send_other(number)

    def _send_list(self, number: int) -> None:
        query: dict[str, Any] = {"limit": self._random.choice(_LIMITS)}
        if self._random.random() < 0.5:
            statuses = {self._status(), self._status()}
            query["status"] = self._random.choice((self._status(), ",".join(sorted(statuses)), ALL_STATUSES))
        if self._random.random() < 0.35:
            query["page"] = self._random.choice((1, 2, 2, 3, 4, 9))
        elif self._listed[number] and self._random.random() < 0.5:
            query["after"] = self._task(number)
        if self._random.random() < 0.15:
            query["service_type"] = self._service_type
        page = self._clients[number].page(**query) or {}
        for task in page.get("data") or ():
            self._listed[number].append(task["id"])
            self._service_type = task["service_type"]

    def _send_other(self, number: int) -> None:
        client, task_id, status = self._clients[number], self._task(number), self._status()
        sends: Mapping[str, Callable[[], object]] = {
            "update": lambda: client.put(task_id, status=status, link_post="https://a.example/1"),
            "bulk": lambda: client.bulk(
                *({"link_id": self._task(number), "status": self._status()} for _ in range(3))
            ),
            "link": lambda: client.call_back("link/update", link_id=task_id, status=status),
            "complete": lambda: client.call_back("link/complete", link_id=task_id),
            "heartbeat": lambda: client.heartbeat(server_name=self._random.choice(("hanoi-07", "hue-1"))),
            "logs": lambda: client.log("INFO", "WARN"),
            "wrong key": lambda: client.with_key("nobody").list_tasks(),
        }
        sends[self._random.choice(("update", "update", *sends))]()

    def _task(self, number: int) -> str:
        own, foreign = self._listed[number], self._listed[1 - number]
        tasks = foreign if foreign and self._random.random() < 0.15 else own
        return unknown_id() if self._random.random() < 0.05 else self._random.choice(tasks)

    def _status(self) -> str:
        return self._random.choice(STATUSES)


def _without_start(recorded: list[RecordedExchange], random: Random) -> list[RecordedExchange]:
    return recorded[random.randrange(1, len(recorded)) :]


def _without_end(recorded: list[RecordedExchange], random: Random) -> list[RecordedExchange]:
    return recorded[: random.randrange(1, len(recorded))]


def _thinned(recorded: list[RecordedExchange], random: Random) -> list[RecordedExchange]:
    share = random.choice((0.2, 0.5, 0.8))
    return [item for item in recorded if random.random() < share] or recorded[:1]


def _in_another_order(recorded: list[RecordedExchange], random: Random) -> list[RecordedExchange]:
    return random.sample(recorded, len(recorded))


def _thinned_in_another_order(recorded: list[RecordedExchange], random: Random) -> list[RecordedExchange]:
    return _in_another_order(_thinned(recorded, random), random)


# Contiguous parts of a recording: its owner may rightly call them complete.
CUTS: tuple[_Part, ...] = (_without_start, _without_end)
LOSSES: tuple[_Part, ...] = (*CUTS, _thinned, _in_another_order, _thinned_in_another_order)


def part_of(capsule: Capsule, lose: _Part, random: Random, *, is_complete: bool) -> Capsule:
    """The capsule after a loss, with new numbers."""
    left = lose([*capsule.recorded], random)
    numbered = tuple(
        replace(item, exchange=replace(item.exchange, number=number)) for number, item in enumerate(left, 1)
    )
    return replace(capsule, recorded=numbered, is_complete=is_complete)


def _answer_bodies(entry: dict[str, Any]) -> None:
    del entry["response"]["content"]["text"]


def _request_bodies(entry: dict[str, Any]) -> None:
    entry["request"].pop("postData", None)


def _words_in_request_bodies(entry: dict[str, Any]) -> None:
    if "postData" in entry["request"]:
        entry["request"]["postData"]["text"] = "[REDACTED]"


def _answers(entry: dict[str, Any]) -> None:
    entry["response"] = None


# What another tool may remove from an entry of its HAR.
REMOVALS: tuple[Callable[[dict[str, Any]], None], ...] = (
    _answer_bodies,
    _request_bodies,
    _words_in_request_bodies,
    _answers,
)


def other_tool_recording(
    capsule: Capsule, remove: Callable[[dict[str, Any]], None], random: Random, *, is_complete: bool
) -> Capsule:
    """The capsule as the HAR of another tool, which has removed something from some of the entries."""
    log = json.loads(har_text(capsule))["log"]
    for entry in log["entries"]:
        if random.random() < _SHARE_REMOVED:
            remove(entry)
    entries = [_without_own_fields(entry) for entry in log["entries"]]
    with TemporaryDirectory(prefix="workerkit-test-") as folder:
        file = Path(folder, "recorded.har")
        file.write_text(json.dumps({"log": {"entries": entries}}))
        return replace(read_recording(file), is_complete=is_complete)


def _without_own_fields(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if not name.startswith("_")}
