"""The timeline of a trial: the exchanges, the events of the scenario, and the statuses of the tasks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from workerkit.mockserver.reports.timeline import (
    ExchangeBodies,
    StatusPeriod,
    TaskLane,
    Tick,
    Timeline,
    TimelineRow,
    TimelineRowKind,
)
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.languages.phrase import changed_text, phrase
from workerkit.openapi.masking.mask import Mask
from workerkit.openapi.spec.api import worker_api
from workerkit.scenarios.run_record.change import Change
from workerkit.scenarios.run_record.run import Event, Run
from workerkit.scenarios.run_record.violation import Violation

_MOST_LANES = 500
_MOST_TICKS = 300
_MOST_NAMED = 3
_LONGEST_TEXT, _LONGEST_BODY = 160, 2000
_ID_LENGTH = 8
# When many similar exchanges follow each other, the first two and the last one keep their own rows.
_KEPT_FIRST, _KEPT_LAST = 2, 1
# When there are too many rows, only these are kept: 30 at each end, and between them at most 100 rows with an
# event or a broken rule.
_KEPT_AT_EDGE, _MOST_BETWEEN = 30, 100


def timeline_of(run: Run, violations: Iterable[Violation], mask: Mask) -> Timeline:
    """Returns the timeline of a run. It contains no secrets.

    Its size is limited: many similar exchanges become one row. If there are still too many rows, some are
    left out.

    violations: the rules that the worker broke.
    mask: masks the secrets in all texts.
    """
    return _TimelineBuilder(run, violations, mask).timeline()


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the timeline: an event of the scenario, an exchange, or several similar exchanges.

    at: when it began, in seconds since the run began.
    event: the text of the event. Empty for exchanges.
    exchanges: the exchanges. Empty for an event.
    changes: what the exchanges changed.
    statuses: how many tasks have each status after this row.
    rules: the ids of the rules that the exchanges broke.
    """

    at: float
    event: str
    exchanges: tuple[Exchange, ...]
    changes: tuple[Change, ...]
    statuses: Mapping[str, int]
    rules: tuple[str, ...]

    @property
    def group_key(self) -> object:
        """A key that is equal for similar exchanges. Exchanges with equal keys can become one row."""
        if self.event:
            return self
        exchange = self.exchanges[0]
        return exchange.operation, exchange.method, exchange.status, self.rules


class _TimelineBuilder:
    def __init__(self, run: Run, violations: Iterable[Violation], mask: Mask) -> None:
        self._run, self._mask = run, mask
        self._own = [task for task in run.tasks if task["server"] == run.server]
        ids = {task["id"] for task in self._own}
        self._changes = [change for change in run.changes if change.id in ids and change.field == "status"]
        self._rules = _rules_by_exchange(violations)
        began = [
            *(exchange.began for exchange in run.exchanges[:1]),
            *(event.time for event in run.events[:1]),
        ]
        self._start = min(began, default=0.0)
        ended = [*(exchange.ended for exchange in run.exchanges), *(event.time for event in run.events)]
        self._seconds = max(ended, default=self._start) - self._start

    def timeline(self) -> Timeline:
        lanes = self._lanes()
        events = tuple((self._since(event.time), self._event(event)) for event in self._run.events)
        return Timeline(
            seconds=self._seconds,
            rows=tuple(map(self._timeline_row, _thinned(list(_folded(self._rows()))))),
            lanes=lanes[:_MOST_LANES],
            tasks_without_lane=max(0, len(lanes) - _MOST_LANES),
            ticks=self._ticks(),
            events=events,
            bodies_of=self._bodies_of,
        )

    def _bodies_of(self, number: int) -> ExchangeBodies:
        exchange = next(one for one in self._run.exchanges if one.number == number)
        masked = self._mask.exchange(exchange)
        return ExchangeBodies(_body_text(masked["request"]["body"]), _body_text(masked["answer"]["body"]))

    def _rows(self) -> Iterator[_Row]:
        statuses = Counter(self._first_statuses().values())
        changes = self._changes_by_exchange()
        events = list(self._run.events)
        for exchange in self._run.exchanges:
            while events and events[0].time <= exchange.ended:
                yield self._event_row(events.pop(0), statuses)
            own_changes = tuple(changes.get(exchange.number, ()))
            for change in own_changes:
                statuses[change.was] -= 1
                statuses[change.now] += 1
            at, rules = self._since(exchange.began), self._rules.get(exchange.number, ())
            yield _Row(at, "", (exchange,), own_changes, +statuses, rules)
        yield from (self._event_row(event, statuses) for event in events)

    def _event_row(self, event: Event, statuses: Counter[str]) -> _Row:
        return _Row(self._since(event.time), self._event(event), (), (), +statuses, ())

    def _first_statuses(self) -> dict[str, str]:
        first = {task["id"]: task["status"] for task in self._own}
        first.update((change.id, change.was) for change in reversed(self._changes))
        return first

    def _changes_by_exchange(self) -> dict[int, list[Change]]:
        """Returns the changes, by the number of the exchange in which they were made."""
        changes = defaultdict(list)
        for change in self._changes:
            changes[self._number(change)].append(change)
        return changes

    def _number(self, change: Change) -> int:
        """Returns the number of the exchange in whose row the change is shown."""
        last = self._run.exchanges[-1].number if self._run.exchanges else 0
        return min(change.number, last)

    def _timeline_row(self, row: _Row | int) -> TimelineRow:
        if isinstance(row, int):
            return TimelineRow(
                TimelineRowKind.GAP, 0.0, phrase("{count} exchanges are left out here", count=row)
            )
        if row.event:
            return TimelineRow(TimelineRowKind.EVENT, row.at, row.event, statuses=row.statuses)
        first, last = row.exchanges[0], row.exchanges[-1]
        is_single = len(row.exchanges) == 1
        return TimelineRow(
            TimelineRowKind.EXCHANGE if is_single else TimelineRowKind.REPEATED,
            row.at,
            self._request(first) if is_single else _operation(first),
            first=first.number,
            last=last.number,
            count=len(row.exchanges),
            answer=phrase("no answer") if first.status is None else str(first.status),
            why=self._short(first.why),
            changes=_change_texts(row.changes),
            statuses=row.statuses,
            rules=row.rules,
        )

    def _request(self, exchange: Exchange) -> str:
        query = f"?{exchange.query}" if exchange.query else ""
        return f"{exchange.method} {self._short(exchange.path + query).removeprefix(worker_api().base_path)}"

    def _event(self, event: Event) -> str:
        return self._short(f"{event.kind} {event.subject}".strip())

    def _short(self, text: str) -> str:
        return changed_text(self._mask.text(text), _shortened)

    def _since(self, time: float) -> float:
        return max(0.0, time - self._start)

    def _lanes(self) -> tuple[TaskLane, ...]:
        """Returns a lane for each task. Tasks that changed come first, in the order of their first change."""
        changes = defaultdict(list)
        for change in self._changes:
            changes[change.id].append(change)
        first = self._first_statuses()
        order = [*changes, *(task for task in first if task not in changes)]
        return tuple(TaskLane(task, self._spells(first[task], changes.get(task, []))) for task in order)

    def _spells(self, status: str, changes: Sequence[Change]) -> tuple[StatusPeriod, ...]:
        begins = [0.0, *(self._since(change.at) for change in changes)]
        ends = [*begins[1:], max(self._seconds, begins[-1])]
        statuses = [status, *(change.now for change in changes)]
        numbers = [0, *(self._number(change) for change in changes)]
        return tuple(map(StatusPeriod, statuses, begins, ends, numbers))

    def _ticks(self) -> tuple[Tick, ...]:
        """Returns a tick for each exchange.

        If several exchanges have the same place in the picture, only one gets a tick: one that broke a rule,
        or else one without a 2xx status, or else the first.
        """
        ticks = [
            Tick(self._since(exchange.began), (exchange.status or 0) // 100, exchange.number in self._rules)
            for exchange in self._run.exchanges
        ]
        step = (self._seconds or 1.0) / _MOST_TICKS
        places = groupby(sorted(ticks, key=lambda tick: tick.at), key=lambda tick: int(tick.at / step))
        return tuple(
            max(there, key=lambda tick: (tick.broke_rule, tick.status_class != 2)) for _, there in places
        )


def _rules_by_exchange(violations: Iterable[Violation]) -> dict[int, tuple[str, ...]]:
    rules: dict[int, tuple[str, ...]] = {}
    for violation in violations:
        for number in violation.exchanges:
            rules[number] = tuple(dict.fromkeys((*rules.get(number, ()), violation.rule)))
    return rules


def _folded(rows: Iterable[_Row]) -> Iterator[_Row]:
    for _, group in groupby(rows, key=lambda row: row.group_key):
        similar = list(group)
        if len(similar) <= _KEPT_FIRST + _KEPT_LAST + 1:
            yield from similar
        else:
            yield from similar[:_KEPT_FIRST]
            yield _joined(similar[_KEPT_FIRST:-_KEPT_LAST])
            yield from similar[-_KEPT_LAST:]


def _joined(rows: Sequence[_Row]) -> _Row:
    exchanges = tuple(exchange for row in rows for exchange in row.exchanges)
    changes = tuple(change for row in rows for change in row.changes)
    return _Row(rows[0].at, "", exchanges, changes, rows[-1].statuses, rows[0].rules)


def _thinned(rows: Sequence[_Row]) -> Iterator[_Row | int]:
    """Returns the rows. If there are too many, returns only some of them: see `_MOST_BETWEEN`.

    Rows that are left out are replaced by the number of their exchanges.
    """
    last = len(rows) - _KEPT_AT_EDGE
    important = [index for index in range(_KEPT_AT_EDGE, last) if rows[index].rules or rows[index].event]
    if len(rows) <= 2 * _KEPT_AT_EDGE + _MOST_BETWEEN:
        kept = set(range(len(rows)))
    else:
        kept = {*range(_KEPT_AT_EDGE), *important[:_MOST_BETWEEN], *range(last, len(rows))}
    for is_kept, indexes in groupby(range(len(rows)), key=lambda index: index in kept):
        if is_kept:
            yield from (rows[index] for index in indexes)
        else:
            yield sum(len(rows[index].exchanges) for index in indexes)


def _operation(exchange: Exchange) -> str:
    """Returns the operation of an exchange as text: `PUT /tasks/{id}`."""
    if exchange.operation is None:
        return phrase("{method} to an unknown path", method=exchange.method)
    path = worker_api().operations[exchange.operation].path
    return f"{exchange.method} {path.removeprefix(worker_api().base_path)}"


def _change_texts(changes: Sequence[Change]) -> tuple[str, ...]:
    if len(changes) <= _MOST_NAMED:
        return tuple(
            phrase("task {id}: {was} → {now}", id=change.id[:_ID_LENGTH], was=change.was, now=change.now)
            for change in changes
        )
    counts = Counter((change.was, change.now) for change in changes)
    return tuple(
        phrase("{count} tasks: {was} → {now}", count=count, was=was, now=now)
        for (was, now), count in counts.items()
    )


def _body_text(body: Any) -> str:
    """Returns a body without secrets as text: JSON as it is, null as no text."""
    if body is None:
        return ""
    text = body if isinstance(body, str) else render(body).decode()
    return _shortened(text, _LONGEST_BODY)


def _shortened(text: str, most: int = _LONGEST_TEXT) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
