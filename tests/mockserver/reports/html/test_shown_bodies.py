"""Which bodies the HTML page shows if there is no room for all."""

from __future__ import annotations

from dataclasses import replace

from workerkit.mockserver.reports.html.shown_bodies import shown_bodies
from workerkit.mockserver.reports.report import Case, Outcome
from workerkit.mockserver.reports.timeline import ExchangeBodies, Timeline, TimelineRow, TimelineRowKind


def case(outcome: Outcome, size: int, *rules: str, is_equal: bool = False) -> Case:
    """Returns a case with two exchanges. The second one broke the rules."""
    rows = (
        TimelineRow(TimelineRowKind.EXCHANGE, 0.1, "GET /tasks", 1, 1, 1, "200"),
        TimelineRow(TimelineRowKind.EXCHANGE, 0.2, "PUT /tasks/1", 2, 2, 1, "409", rules=rules),
        TimelineRow(TimelineRowKind.EVENT, 0.3, "outage begins"),
        TimelineRow(TimelineRowKind.REPEATED, 0.4, "GET /tasks", 3, 5, 3, "200"),
    )

    def bodies_of(number: int) -> ExchangeBodies:
        return ExchangeBodies(("same" if is_equal else f"{outcome}{number}").ljust(size), "")

    return Case("a", outcome, timeline=Timeline(1.0, rows, (), 0, (), (), bodies_of))


def test_all_bodies_are_shown_if_there_is_room() -> None:
    cases = [case(Outcome.PASS, 100), Case("b", Outcome.SKIP), case(Outcome.FAIL, 100)]
    assert [*shown_bodies(cases, 250_000)] == [(2, 0), (2, 1), (0, 0), (0, 1)]


def test_broken_rules_come_first_and_then_failed_cases() -> None:
    cases = [case(Outcome.PASS, 60_000), case(Outcome.FAIL, 60_000, "no-repeat")]
    assert [*shown_bodies(cases, 250_000)] == [(1, 1), (1, 0), (0, 0), (0, 1)]
    cases = [case(Outcome.PASS, 100_000), case(Outcome.FAIL, 100_000, "no-repeat")]
    assert [*shown_bodies(cases, 250_000)] == [(1, 1), (1, 0)]


def test_the_room_is_for_the_bytes_in_the_page() -> None:
    """The texts are in JSON, in which `<` has six bytes and a line end has two."""
    cases = [case(Outcome.FAIL, 60_000), case(Outcome.PASS, 60_000)]
    for letter, count in (("<", 0), ("\n", 2), ("x", 4)):
        assert len(shown_bodies([filled(one, letter) for one in cases], 250_000)) == count


def filled(one: Case, letter: str) -> Case:
    """The case with other letters in its bodies."""
    assert one.timeline is not None
    bodies_of = one.timeline.bodies_of
    return replace(
        one,
        timeline=replace(
            one.timeline,
            bodies_of=lambda number: ExchangeBodies(bodies_of(number).sent.replace(" ", letter), ""),
        ),
    )


def test_equal_bodies_need_room_once() -> None:
    cases = [case(Outcome.PASS, 200_000, is_equal=True), case(Outcome.PASS, 200_000, is_equal=True)]
    assert len(shown_bodies(cases, 250_000)) == 4
