"""Makes the first draft of a scenario from the errors and faults in a capsule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import dropwhile
from typing import Any

from workerkit.mockserver.capsules.file.body import json_line
from workerkit.mockserver.capsules.file.capsule import Capsule, Ending, RecordedExchange
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import tasks_of
from workerkit.openapi.formats.strict_json import objects_in
from workerkit.openapi.spec.api import worker_api
from workerkit.scenarios.fields.duration import duration_text
from workerkit.scenarios.fields.value import ANSWER_STATUSES

_FAULTS = {
    Ending.CLOSED: "empty-answer",
    Ending.RESET: "reset",
    Ending.CUT: "close-in-body",
    Ending.RESET_IN_ANSWER: "reset-in-body",
    Ending.GARBLED: "garbage",
    Ending.HUNG: "hang",
}
_UNAUTHORIZED, _TOO_MANY_REQUESTS, _SERVER_ERROR = 401, 429, 500
_MAX_HAPPENINGS = 50
_MIN_REVOKED_SECONDS, _MAX_REVOKED_SECONDS = 0.1, 5.0
_KEY_REFUSED = "key-refused"
_END_OF_ALL_TASKS = "expect:\n  - tasks-ended\nuntil:\n  tasks: ended\n  quiet: 500ms\n"
_END_AFTER_REFUSED_KEY = f"expect:\n  - pause-on-401\nuntil:\n  happening: {_KEY_REFUSED}\n  time: 2.5s\n"


def scenario_source(capsule: Capsule, *, name: str, file: str) -> str:
    """The source of a scenario with the tasks, errors and faults of the capsule.

    name: the name of the scenario.
    file: the name of the capsule file.

    These errors happen at the same calls as in the capsule: refused keys (401), and the first 50 of these:
    lost answers, broken answers, and the statuses 429 and 5xx. All other wrong answers are left out.
    """
    refusals = _refusals(capsule)
    happenings = [line for lines in _happenings(capsule, refusals) for line in lines]
    stays_refused = None in refusals.values()
    return "".join(
        [
            f"# Made from a capsule. Check it with: workerkit scenario validate {name}.yaml\n",
            f"title: {json_line(f'The errors in {file}')}\n",
            f"about: {json_line('Write here what goes wrong, and what a careful worker does then.')}\n",
            "world:\n  servers: [server-01, server-02]\n  tasks:\n",
            *_tasks(capsule),
            *(["when:\n", *happenings] if happenings else []),
            _END_AFTER_REFUSED_KEY if stays_refused else _END_OF_ALL_TASKS,
        ]
    )


def _tasks(capsule: Capsule) -> Iterator[str]:
    known = worker_api().enumeration("TaskStatus")
    statuses = (task.get("status") for task in _first_seen_tasks(capsule))
    counts = Counter(status if status in known else known[0] for status in statuses)
    for status, count in sorted(counts.items() or {"pending": 10}.items()):
        yield f"    - {{count: {count}, server: server-01, status: {status}}}\n"


def _first_seen_tasks(capsule: Capsule) -> list[Mapping[str, Any]]:
    """The tasks of the world's first server.

    If the capsule has no world: all tasks in the recorded task lists. If several lists contain a task, the
    first of these lists counts.
    """
    if capsule.world is not None:
        server = next(iter(objects_in(capsule.world, "servers")), {}).get("name")
        return [task for task in objects_in(capsule.world, "tasks") if task.get("server") == server]
    tasks: dict[str, Mapping[str, Any]] = {}
    for recorded in capsule.recorded:
        answer = recorded.exchange.answer_json() if recorded.exchange.operation == "listTasks" else None
        for task in tasks_of(answer) or []:
            tasks.setdefault(str(task.get("id")), task)
    return list(tasks.values())


def _refusals(capsule: Capsule) -> dict[int, float | None]:
    """The exchanges in which the server began to refuse the worker's API key: `{4: 1.5, 9: None}`.

    In the example, the server refused the API key in exchange 4 and accepted it again after 1.5 seconds. From
    exchange 9 on, it never accepted it again. The worker's API key is the first one that the server accepted.
    """
    refusals: dict[int, float | None] = {}
    first_refused: Exchange | None = None
    header = worker_api().key_header
    key = next(
        (recorded.exchange.header(header) for recorded in capsule.recorded if recorded.exchange.accepted),
        None,
    )
    exchanges = [
        recorded.exchange for recorded in capsule.recorded if recorded.exchange.header(header) == key
    ]
    for exchange in dropwhile(lambda exchange: not exchange.accepted, exchanges):
        if exchange.status == _UNAUTHORIZED and first_refused is None and exchange.operation is not None:
            first_refused = exchange
            refusals[exchange.number] = None
        elif first_refused is not None and exchange.status not in (None, _UNAUTHORIZED):
            seconds = exchange.began - first_refused.began
            refusals[first_refused.number] = max(seconds, _MIN_REVOKED_SECONDS)
            first_refused = None
    return refusals


def _key_happenings(call: str, seconds: float | None) -> Iterator[str]:
    revoke, restore = "    do:\n      - revoke-key: server-01\n", "    do:\n      - restore-key: server-01\n"
    if seconds is None:
        yield f"  - name: {_KEY_REFUSED}\n    call: {call}\n{revoke}"
    else:
        yield f"  - call: {call}\n{revoke}"
        yield f"  - after: {duration_text(round(min(seconds, _MAX_REVOKED_SECONDS), 1))}\n{restore}"


def _happenings(capsule: Capsule, refusals: Mapping[int, float | None]) -> Iterator[list[str]]:
    calls: Counter[str] = Counter()
    count = 0
    for recorded in capsule.recorded:
        operation = recorded.exchange.operation
        if operation is None:
            continue
        calls[operation] += 1
        effect, call = _effect(recorded, operation), f"{{number: {calls[operation]}, of: {operation}}}"
        if recorded.exchange.number in refusals:
            yield [*_key_happenings(call, refusals[recorded.exchange.number])]
        elif effect is not None and count < _MAX_HAPPENINGS:
            count += 1
            yield [f"  - call: {call}\n", "    do:\n", f"      - {effect}\n"]


def _effect(recorded: RecordedExchange, operation: str) -> str | None:
    if recorded.ending is not Ending.WHOLE:
        return f"add-fault: {{fault: {_FAULTS[recorded.ending]}, operation: {operation}, nth: 1}}"
    status = recorded.exchange.status
    if status == _TOO_MANY_REQUESTS or (status is not None and status >= _SERVER_ERROR):
        # Some gateways answer with a status such as 520. A scenario cannot answer with it.
        status = status if status in ANSWER_STATUSES else _SERVER_ERROR
        return f"respond: {{status: {status}{_body(recorded.exchange)}}}"
    return None


def _body(exchange: Exchange) -> str:
    body = exchange.answer_json()
    return "" if body is None else f", body: {json_line(body)}"
