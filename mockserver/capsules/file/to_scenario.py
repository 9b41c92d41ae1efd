"""A scenario to begin with, from what went wrong in a capsule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import dropwhile
from typing import Any

from workerkit.mockserver.capsules.file.body import scalar
from workerkit.mockserver.capsules.file.capsule import Capsule, Ending, Recorded
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import objects_in
from workerkit.openapi.spec.api import worker_api
from workerkit.scenarios.fields.duration import written
from workerkit.scenarios.fields.value import ANSWER_STATUSES

_FAULTS = {
    Ending.CLOSED: "empty-answer",
    Ending.RESET: "reset",
    Ending.CUT: "close-in-body",
    Ending.RESET_IN_ANSWER: "reset-in-body",
    Ending.GARBLED: "garbage",
    Ending.HUNG: "hang",
}
_TROUBLE = (429, 500)
_MOST_HAPPENINGS = 50
_REFUSED = 401
_SHORTEST, _LONGEST = 0.1, 5.0
_REFUSAL = "key-refused"
_WORKED_OFF = "expect:\n  - tasks-ended\nuntil:\n  tasks: ended\n  quiet: 500ms\n"
_REFUSED_FOR_GOOD = f"expect:\n  - pause-on-401\nuntil:\n  happening: {_REFUSAL}\n  time: 2.5s\n"


def scenario_text(capsule: Capsule, *, name: str, file: str) -> str:
    """The source of a scenario: as many tasks as the capsule shows, and its errors and faults at their calls.

    `name` is the scenario's, `file` the capsule's. What the server did wrong without saying so is not in it.
    """
    refusals = _refusals(capsule)
    happenings = [line for lines in _happenings(capsule, refusals) for line in lines]
    is_refused_for_good = None in refusals.values()
    return "".join(
        [
            f"# Made from a capsule. Check it with: workerkit scenario validate {name}.yaml\n",
            f"title: {scalar(f'What {file} shows')}\n",
            f"about: {scalar('Say here what goes wrong, and what a careful worker does about it.')}\n",
            "world:\n  servers: [server-01, server-02]\n  tasks:\n",
            *_tasks(capsule),
            *(["when:\n", *happenings] if happenings else []),
            _REFUSED_FOR_GOOD if is_refused_for_good else _WORKED_OFF,
        ]
    )


def _tasks(capsule: Capsule) -> Iterator[str]:
    known = worker_api().enumeration("TaskStatus")
    statuses = (each.get("status") for each in _shown(capsule))
    counts = Counter(each if each in known else known[0] for each in statuses)
    for status, count in sorted(counts.items() or {"pending": 10}.items()):
        yield f"    - {{count: {count}, server: server-01, status: {status}}}\n"


def _shown(capsule: Capsule) -> list[Mapping[str, Any]]:
    """The tasks as they were first seen, those of the world's first server where there is a world."""
    if capsule.world is not None:
        server = next(iter(objects_in(capsule.world, "servers")), {}).get("name")
        return [each for each in objects_in(capsule.world, "tasks") if each.get("server") == server]
    first: dict[str, Mapping[str, Any]] = {}
    for recorded in capsule.recorded:
        answer = recorded.exchange.answered() if recorded.exchange.operation == "listTasks" else None
        for task in objects_in(answer, "data"):
            first.setdefault(str(task.get("id")), task)
    return list(first.values())


def _refusals(capsule: Capsule) -> dict[int, float | None]:
    """Where a key that was let in began to be refused, and for how many seconds; None: to the end."""
    found: dict[int, float | None] = {}
    begun: Exchange | None = None
    name = worker_api().key_header
    own = next(
        (recorded.exchange.header(name) for recorded in capsule.recorded if recorded.exchange.accepted), None
    )
    own_exchanges = [
        recorded.exchange for recorded in capsule.recorded if recorded.exchange.header(name) == own
    ]
    for each in dropwhile(lambda exchange: not exchange.accepted, own_exchanges):
        if each.status == _REFUSED and begun is None and each.operation is not None:
            begun = each
            found[each.number] = None
        elif begun is not None and each.status not in (None, _REFUSED):
            found[begun.number], begun = max(each.began - begun.began, _SHORTEST), None
    return found


def _refused(call: str, seconds: float | None) -> Iterator[str]:
    revoke, restore = "    do:\n      - revoke-key: server-01\n", "    do:\n      - restore-key: server-01\n"
    if seconds is None:
        yield f"  - name: {_REFUSAL}\n    call: {call}\n{revoke}"
    else:
        yield f"  - call: {call}\n{revoke}"
        yield f"  - after: {written(round(min(seconds, _LONGEST), 1))}\n{restore}"


def _happenings(capsule: Capsule, refusals: Mapping[int, float | None]) -> Iterator[list[str]]:
    calls: Counter[str] = Counter()
    found = 0
    for recorded in capsule.recorded:
        operation = recorded.exchange.operation
        if operation is None:
            continue
        calls[operation] += 1
        effect, call = _effect(recorded, operation), f"{{number: {calls[operation]}, of: {operation}}}"
        if recorded.exchange.number in refusals:
            yield [*_refused(call, refusals[recorded.exchange.number])]
        elif effect is not None and found < _MOST_HAPPENINGS:
            found += 1
            yield [f"  - call: {call}\n", "    do:\n", f"      - {effect}\n"]


def _effect(recorded: Recorded, operation: str) -> str | None:
    if recorded.ending is not Ending.WHOLE:
        return f"add-fault: {{fault: {_FAULTS[recorded.ending]}, operation: {operation}, nth: 1}}"
    status = recorded.exchange.status
    if status == _TROUBLE[0] or (status is not None and status >= _TROUBLE[1]):
        # A gateway's own, such as 520, is none that a scenario can answer with.
        shown = status if status in ANSWER_STATUSES else _TROUBLE[1]
        return f"respond: {{status: {shown}{_body(recorded.exchange)}}}"
    return None


def _body(exchange: Exchange) -> str:
    body = exchange.answered()
    return "" if body is None else f", body: {scalar(body)}"
