"""The bodies of exchanges that the HTML page shows. Their size is limited, so that the page stays small."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workerkit.mockserver.reports.html.script_json import script_size
from workerkit.mockserver.reports.report import Case, Outcome
from workerkit.mockserver.reports.timeline import ExchangeBodies, TimelineRowKind
from workerkit.openapi.formats.visible_text import visible_text

# The index of a case, and the index of a row in its timeline.
Place = tuple[int, int]
# What a row with bodies needs besides their texts.
_BYTES_OF_A_ROW = 14


def shown_bodies(cases: Sequence[Case], most_bytes: int) -> dict[Place, ExchangeBodies]:
    """The bodies of the exchanges with a row of their own, as many as fit.

    First come the exchanges that broke a rule, then the others of failed cases, then the rest.

    most_bytes: the room for all bodies together. A text that several exchanges have needs room once.
    """
    found: dict[Place, ExchangeBodies] = {}
    texts: set[str] = set()
    for place, bodies in _by_importance(cases):
        new = {bodies.sent, bodies.received} - texts
        most_bytes -= _BYTES_OF_A_ROW + sum(script_size(visible_text(text)) for text in new)
        if most_bytes < 0:
            break
        texts |= new
        found[place] = bodies
    return found


def _by_importance(cases: Sequence[Case]) -> Iterator[tuple[Place, ExchangeBodies]]:
    rows = [
        ((index, place), row, case.timeline)
        for index, case in enumerate(cases)
        if case.timeline is not None
        for place, row in enumerate(case.timeline.rows)
        if row.kind is TimelineRowKind.EXCHANGE
    ]
    failed = {index for index, case in enumerate(cases) if case.outcome is Outcome.FAIL}
    rows.sort(key=lambda row: (not row[1].rules, row[0][0] not in failed))
    for place, row, timeline in rows:
        yield place, timeline.bodies_of(row.first)
