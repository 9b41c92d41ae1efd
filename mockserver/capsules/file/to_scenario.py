"""Makes the first draft of a scenario from the errors and faults in a capsule."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile
from typing import Any

from workerkit.mockserver.capsules.file.body import json_line
from workerkit.mockserver.capsules.file.capsule import Capsule, Ending, RecordedExchange
from workerkit.mockserver.capsules.file.lost_updates import lost_updates
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import tasks_of
from workerkit.openapi.formats.strict_json import objects_in
from workerkit.openapi.spec.api import worker_api
from workerkit.scenarios.fields.duration import duration_text
from workerkit.scenarios.fields.value import ANSWER_STATUSES
from workerkit.scenarios.rules import RULES
from workerkit.scenarios.run_record.request_flaw import flaws_of

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
_KEY_REFUSED, _WENT_WRONG = "key-refused", "went-wrong"
_REFUSALS = (400, 403, 404, 409, 422)
_STATUS_RULES = {
    400: "not-repeated-after-400",
    401: "pause-on-401",
    403: "left-alone-after-403",
    404: "left-alone-after-404",
    409: "not-repeated-after-400",
    422: "not-repeated-after-400",
    429: "pause-on-429",
}
# A note of a capsule that `workerkit exec` saved.
_BROKEN_NOTE = re.compile(r"broken: ([a-z0-9-]+):")


def scenario_source(capsule: Capsule, *, name: str, file: str) -> str:
    """The source of a scenario with the tasks, errors and faults of the capsule.

    name: the name of the scenario.
    file: the name of the capsule file.

    These errors happen at the same calls as in the capsule: refused keys (401), and the first 50 of these:
    lost answers, broken answers, updates that were accepted but not kept, the statuses 429 and 5xx, and other
    refusals of correct requests. All other wrong answers are left out. The scenario expects the rules that
    the notes of the capsule name as broken, and the rules about the statuses.
    """
    refusals = _refusals(capsule)
    effects = list(_effects(capsule, refusals))
    happenings = [*_happenings(effects, refusals)]
    return "".join(
        [
            f"# Made from a capsule. Check it with: workerkit scenario validate {name}.yaml\n",
            f"title: {json_line(f'The errors in {file}')}\n",
            f"about: {json_line('Write here what goes wrong, and what a careful worker does then.')}\n",
            "world:\n  servers: [server-01, server-02]\n  tasks:\n",
            *_tasks(capsule),
            *(["when:\n", *happenings] if happenings else []),
            *_end(capsule, effects, refusals),
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


@dataclass(frozen=True, slots=True)
class _Effect:
    """What goes wrong at one exchange.

    number: the number of the exchange.
    call: the call in the scenario's form.
    text: the effect in the scenario's form. Empty if the key is refused: see `_refusals`.
    keeps_open: True if a task may never end because of it.
    """

    number: int
    call: str
    text: str
    keeps_open: bool = False


def _happenings(effects: Sequence[_Effect], refusals: Mapping[int, float | None]) -> Iterator[str]:
    last_open = next((effect for effect in reversed(effects) if effect.keeps_open), None)
    for effect in effects:
        if effect.number in refusals:
            yield from _key_happenings(effect.call, refusals[effect.number])
            continue
        name = f"name: {_WENT_WRONG}\n    " if effect is last_open else ""
        yield f"  - {name}call: {effect.call}\n    do:\n      - {effect.text}\n"


def _effects(capsule: Capsule, refusals: Mapping[int, float | None]) -> Iterator[_Effect]:
    """The refused keys, and the first 50 other effects."""
    lost = lost_updates([recorded.exchange for recorded in capsule.recorded])
    calls: Counter[str] = Counter()
    count = 0
    for recorded in capsule.recorded:
        operation, number = recorded.exchange.operation, recorded.exchange.number
        if operation is None:
            continue
        calls[operation] += 1
        call = f"{{number: {calls[operation]}, of: {operation}}}"
        effect = _effect(recorded, operation, call, is_lost=number in lost)
        if number in refusals:
            yield _Effect(number, call, "")
        elif effect is not None and count < _MAX_HAPPENINGS:
            count += 1
            yield effect


def _effect(recorded: RecordedExchange, operation: str, call: str, *, is_lost: bool) -> _Effect | None:
    exchange, number = recorded.exchange, recorded.exchange.number
    if recorded.ending is not Ending.WHOLE:
        return _Effect(number, call, _fault(_FAULTS[recorded.ending], operation))
    if is_lost:
        return _Effect(number, call, _fault("unapplied", operation), keeps_open=True)
    status = exchange.status or 0
    if status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR:
        # Some gateways answer with a status such as 520. A scenario cannot answer with it.
        status = status if status in ANSWER_STATUSES else _SERVER_ERROR
        return _Effect(number, call, f"respond: {{status: {status}{_body(exchange)}}}")
    if status in _REFUSALS and not flaws_of((exchange,), worker_api()):
        return _Effect(number, call, f"respond: {{status: {status}{_body(exchange)}}}", keeps_open=True)
    return None


def _fault(name: str, operation: str) -> str:
    return f"add-fault: {{fault: {name}, operation: {operation}, nth: 1}}"


def _end(capsule: Capsule, effects: Sequence[_Effect], refusals: Mapping[int, float | None]) -> Iterator[str]:
    """The lines of `expect` and `until`."""
    if None in refusals.values():
        first_rule, until = "pause-on-401", f"happening: {_KEY_REFUSED}\n  time: 2.5s"
    elif any(effect.keeps_open for effect in effects):
        first_rule, until = None, f"happening: {_WENT_WRONG}\n  time: 2.5s"
    else:
        first_rule, until = "tasks-ended", "tasks: ended\n  quiet: 500ms"
    rules = dict.fromkeys(
        filter(None, (first_rule, *_broken_rules(capsule), *_status_rules(capsule, effects)))
    )
    if rules:
        yield "expect:\n"
        yield from (f"  - {rule}\n" for rule in rules)
    yield f"until:\n  {until}\n"


def _broken_rules(capsule: Capsule) -> Iterator[str]:
    """The rules that the notes of the capsule name as broken. `tasks-ended` only if tasks can end."""
    for note in capsule.notes:
        found = _BROKEN_NOTE.match(note)
        if found is not None and found[1] in RULES and found[1] != "tasks-ended":
            yield found[1]


def _status_rules(capsule: Capsule, effects: Sequence[_Effect]) -> Iterator[str]:
    """The rules about the statuses with which the scenario answers."""
    numbers = {effect.number for effect in effects}
    for recorded in capsule.recorded:
        status = recorded.exchange.status or 0
        if recorded.exchange.number in numbers and recorded.ending is Ending.WHOLE:
            rule = "pause-on-5xx" if status >= _SERVER_ERROR else _STATUS_RULES.get(status)
            if rule is not None:
                yield rule


def _body(exchange: Exchange) -> str:
    body = exchange.answer_json()
    return "" if body is None else f", body: {json_line(body)}"
