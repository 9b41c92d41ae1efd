"""A trial as a timeline: what the worker asked, what it was answered, and what became of its tasks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from workerkit.mockserver.reports.timeline import Lane, Moment, MomentKind, Spell, Tick, Timeline
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking.mask import Mask
from workerkit.openapi.spec.api import worker_api
from workerkit.scenarios.run_record.change import Change
from workerkit.scenarios.run_record.run import Event, Run
from workerkit.scenarios.run_record.violation import Violation

_MOST_LANES = 80
_MOST_TICKS = 1000
_MOST_NAMED = 3
_LONGEST = 160
_ID_SHOWN = 8
# Of exchanges in a row that are alike, so many are shown at the beginning and the end.
_AT_BEGIN, _AT_END = 2, 1
# Of very many rows, so many are shown at the beginning and the end, and of what matters in between.
_EDGE, _MOST_BETWEEN = 40, 120


def timeline_of(run: Run, broken: Iterable[Violation], mask: Mask) -> Timeline:
    """The timeline of a run, bounded: exchanges in a row that are alike are folded, of many some left out.

    No secret is in it.
    """
    return _Teller(run, broken, mask).timeline()


@dataclass(frozen=True, slots=True)
class _Row:
    """Exchanges in a row, or a happening; what they changed, and the statuses of the tasks afterwards."""

    at: float
    happening: str
    exchanges: tuple[Exchange, ...]
    changes: tuple[Change, ...]
    statuses: Mapping[str, int]
    rules: tuple[str, ...]

    @property
    def kin(self) -> object:
        """What rows that are alike have in common."""
        if self.happening:
            return self
        exchange = self.exchanges[0]
        return exchange.operation, exchange.method, exchange.status, self.rules


class _Teller:
    def __init__(self, run: Run, broken: Iterable[Violation], mask: Mask) -> None:
        self._run, self._mask = run, mask
        self._own = [task for task in run.tasks if task["server"] == run.server]
        ids = {task["id"] for task in self._own}
        self._changes = [change for change in run.changes if change.id in ids and change.field == "status"]
        self._rules = _rules_by_exchange(broken)
        began = [
            *(exchange.began for exchange in run.exchanges[:1]),
            *(event.time for event in run.events[:1]),
        ]
        self._zero = min(began, default=0.0)
        ended = [*(exchange.ended for exchange in run.exchanges), *(event.time for event in run.events)]
        self._seconds = max(ended, default=self._zero) - self._zero

    def timeline(self) -> Timeline:
        lanes = self._lanes()
        happenings = tuple((self._since(event.time), self._event(event)) for event in self._run.events)
        return Timeline(
            seconds=self._seconds,
            moments=tuple(map(self._moment, _thinned(list(_folded(self._rows()))))),
            lanes=lanes[:_MOST_LANES],
            more_lanes=max(0, len(lanes) - _MOST_LANES),
            ticks=self._ticks(),
            happenings=happenings,
        )

    def _rows(self) -> Iterator[_Row]:
        statuses = Counter(self._first_statuses().values())
        changes = self._changes_by_exchange()
        events = list(self._run.events)
        for exchange in self._run.exchanges:
            while events and events[0].time <= exchange.ended:
                yield self._happened(events.pop(0), statuses)
            made = tuple(changes.get(exchange.number, ()))
            for change in made:
                statuses[change.was] -= 1
                statuses[change.now] += 1
            at, rules = self._since(exchange.began), self._rules.get(exchange.number, ())
            yield _Row(at, "", (exchange,), made, +statuses, rules)
        yield from (self._happened(event, statuses) for event in events)

    def _happened(self, event: Event, statuses: Counter[str]) -> _Row:
        return _Row(self._since(event.time), self._event(event), (), (), +statuses, ())

    def _first_statuses(self) -> dict[str, str]:
        first = {task["id"]: task["status"] for task in self._own}
        first.update((change.id, change.was) for change in reversed(self._changes))
        return first

    def _changes_by_exchange(self) -> dict[int, list[Change]]:
        """The changes by the number of the exchange in which they were made."""
        found = defaultdict(list)
        last = self._run.exchanges[-1].number if self._run.exchanges else 0
        for change in self._changes:
            found[min(change.number, last)].append(change)
        return found

    def _moment(self, row: _Row | int) -> Moment:
        if isinstance(row, int):
            return Moment(MomentKind.GAP, 0.0, f"{row} exchanges are left out here")
        if row.happening:
            return Moment(MomentKind.HAPPENING, row.at, row.happening, statuses=row.statuses)
        first, last = row.exchanges[0], row.exchanges[-1]
        alone = len(row.exchanges) == 1
        return Moment(
            MomentKind.EXCHANGE if alone else MomentKind.FOLD,
            row.at,
            self._asked(first) if alone else _alike(first),
            first=first.number,
            last=last.number,
            count=len(row.exchanges),
            answer="no answer" if first.status is None else str(first.status),
            why=self._shown(first.why),
            changes=_told(row.changes),
            statuses=row.statuses,
            rules=row.rules,
        )

    def _asked(self, exchange: Exchange) -> str:
        query = f"?{exchange.query}" if exchange.query else ""
        return f"{exchange.method} {self._shown(exchange.path + query).removeprefix(worker_api().base_path)}"

    def _event(self, event: Event) -> str:
        return self._shown(f"{event.kind} {event.subject}".strip())

    def _shown(self, text: str) -> str:
        masked = self._mask.text(text)
        return masked if len(masked) <= _LONGEST else f"{masked[:_LONGEST]}…"

    def _since(self, time: float) -> float:
        return max(0.0, time - self._zero)

    def _lanes(self) -> tuple[Lane, ...]:
        """A lane for each task, those that changed first, in the order in which they did."""
        changes = defaultdict(list)
        for change in self._changes:
            changes[change.id].append(change)
        first = self._first_statuses()
        order = [*changes, *(task for task in first if task not in changes)]
        return tuple(Lane(task, self._spells(first[task], changes.get(task, []))) for task in order)

    def _spells(self, status: str, changes: Sequence[Change]) -> tuple[Spell, ...]:
        begins = [0.0, *(self._since(change.at) for change in changes)]
        ends = [*begins[1:], max(self._seconds, begins[-1])]
        statuses = [status, *(change.now for change in changes)]
        return tuple(map(Spell, statuses, begins, ends))

    def _ticks(self) -> tuple[Tick, ...]:
        """A tick for each exchange; of those that would stand in one place, the one that matters most."""
        ticks = [
            Tick(self._since(exchange.began), (exchange.status or 0) // 100, exchange.number in self._rules)
            for exchange in self._run.exchanges
        ]
        step = (self._seconds or 1.0) / _MOST_TICKS
        places = groupby(sorted(ticks, key=lambda tick: tick.at), key=lambda tick: int(tick.at / step))
        return tuple(max(there, key=lambda tick: (tick.is_broken, tick.family != 2)) for _, there in places)


def _rules_by_exchange(broken: Iterable[Violation]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for each in broken:
        for number in each.exchanges:
            found[number] = tuple(dict.fromkeys((*found.get(number, ()), each.rule)))
    return found


def _folded(rows: Iterable[_Row]) -> Iterator[_Row]:
    for _, together in groupby(rows, key=lambda row: row.kin):
        alike = list(together)
        if len(alike) <= _AT_BEGIN + _AT_END + 1:
            yield from alike
        else:
            yield from alike[:_AT_BEGIN]
            yield _as_one(alike[_AT_BEGIN:-_AT_END])
            yield from alike[-_AT_END:]


def _as_one(rows: Sequence[_Row]) -> _Row:
    exchanges = tuple(exchange for row in rows for exchange in row.exchanges)
    changes = tuple(change for row in rows for change in row.changes)
    return _Row(rows[0].at, "", exchanges, changes, rows[-1].statuses, rows[0].rules)


def _thinned(rows: Sequence[_Row]) -> Iterator[_Row | int]:
    """The rows or, of very many, the edges and what matters in between; numbers count what is left out."""
    last = len(rows) - _EDGE
    between = [index for index in range(_EDGE, last) if rows[index].rules or rows[index].happening]
    few = len(rows) <= 2 * _EDGE + _MOST_BETWEEN
    kept = set(
        range(len(rows)) if few else [*range(_EDGE), *between[:_MOST_BETWEEN], *range(last, len(rows))]
    )
    for is_kept, indexes in groupby(range(len(rows)), key=lambda index: index in kept):
        if is_kept:
            yield from (rows[index] for index in indexes)
        else:
            yield sum(len(rows[index].exchanges) for index in indexes)


def _alike(exchange: Exchange) -> str:
    """What exchanges that are alike have in common: `PUT /tasks/{id}`."""
    if exchange.operation is None:
        return f"{exchange.method} of no operation"
    path = worker_api().operations[exchange.operation].path
    return f"{exchange.method} {path.removeprefix(worker_api().base_path)}"


def _told(changes: Sequence[Change]) -> tuple[str, ...]:
    if len(changes) <= _MOST_NAMED:
        return tuple(f"task {change.id[:_ID_SHOWN]}: {change.was} → {change.now}" for change in changes)
    counts = Counter((change.was, change.now) for change in changes)
    return tuple(f"{count} tasks: {was} → {now}" for (was, now), count in counts.items())
