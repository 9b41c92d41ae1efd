"""Capsules are made smaller with any function that finds a difference."""

from __future__ import annotations

from dataclasses import replace

from tests.openapi.masking.test_canaries import exchange
from workerkit.mockserver.capsules.comparison.difference import Difference
from workerkit.mockserver.capsules.file.capsule import Capsule, Ending, RecordedExchange
from workerkit.mockserver.capsules.replay.shrink import shrink_capsule

CAPSULE = Capsule(
    0.0, tuple(RecordedExchange(exchange(number=number, path=f"/{number}")) for number in range(1, 31))
)


def paths(capsule: Capsule) -> list[str]:
    return [recorded.exchange.path for recorded in capsule.recorded]


def in_last_exchange(capsule: Capsule) -> Difference | None:
    return Difference(len(capsule.recorded), "listTasks", "", "answer/total", "1", "2")


def if_both_needed_remain(capsule: Capsule) -> Difference | None:
    return in_last_exchange(capsule) if {"/3", "/20"} <= {*paths(capsule)} else None


def test_exchanges_that_a_difference_needs_are_kept() -> None:
    assert paths(shrink_capsule(CAPSULE, if_both_needed_remain(CAPSULE), if_both_needed_remain)) == [
        "/3",
        "/20",
        "/30",
    ]


def test_exchanges_that_can_only_be_removed_together_are_removed() -> None:
    def find(capsule: Capsule) -> Difference | None:
        pair = {"/5", "/25"} & {*paths(capsule)}
        return if_both_needed_remain(capsule) if len(pair) != 1 else None

    assert paths(shrink_capsule(CAPSULE, find(CAPSULE), find)) == ["/3", "/20", "/30"]


def test_a_few_exchanges_directly_before_the_difference_are_better_than_many_early_ones() -> None:
    recorded = [
        replace(item, exchange=replace(item.exchange, answer_body=b"a long list"))
        if item.exchange.path == "/28"
        else item
        for item in CAPSULE.recorded
    ]
    early = {f"/{number}" for number in range(3, 10)}

    def find(capsule: Capsule) -> Difference | None:
        shown = {*paths(capsule)}
        return in_last_exchange(capsule) if early <= shown or {"/28", "/29"} <= shown else None

    capsule = replace(CAPSULE, recorded=tuple(recorded))
    assert paths(shrink_capsule(capsule, find(capsule), find)) == ["/28", "/29", "/30"]


def test_the_slow_function_is_called_once_if_the_fast_one_is_right() -> None:
    calls: list[int] = []

    def counted(capsule: Capsule) -> Difference | None:
        calls.append(len(capsule.recorded))
        return in_last_exchange(capsule)

    assert paths(shrink_capsule(CAPSULE, counted(CAPSULE), counted, find_fast=in_last_exchange)) == ["/30"]
    assert calls == [30, 1]


def test_a_wrong_result_of_the_fast_function_is_not_used() -> None:
    assert paths(
        shrink_capsule(
            CAPSULE, if_both_needed_remain(CAPSULE), if_both_needed_remain, find_fast=in_last_exchange
        )
    ) == [
        "/3",
        "/20",
        "/30",
    ]


def test_if_the_fast_function_keeps_many_the_slow_one_tries_single_exchanges() -> None:
    early = {f"/{number}" for number in range(3, 10)}

    def find_fast(capsule: Capsule) -> Difference | None:
        return in_last_exchange(capsule) if early <= {*paths(capsule)} else None

    def find(capsule: Capsule) -> Difference | None:
        return in_last_exchange(capsule) if "/20" in paths(capsule) else find_fast(capsule)

    assert paths(shrink_capsule(CAPSULE, find(CAPSULE), find, find_fast=find_fast)) == ["/20", "/30"]


def test_another_new_status_is_another_difference() -> None:
    def find(capsule: Capsule) -> Difference | None:
        now = "200" if "/7" in paths(capsule) else "404"
        return Difference(len(capsule.recorded), "updateTask", "", "status", "503", now)

    assert paths(shrink_capsule(CAPSULE, find(CAPSULE), find)) == ["/7", "/30"]


def test_the_place_and_both_values_stay_the_same() -> None:
    def find(capsule: Capsule) -> Difference | None:
        recorded = "2" if "/7" in paths(capsule) else "3"
        place = "answer/data/0" if "/9" in paths(capsule) else "answer/data/1"
        return Difference(len(capsule.recorded), "listTasks", "", place, recorded, "1")

    assert paths(shrink_capsule(CAPSULE, find(CAPSULE), find)) == ["/7", "/9", "/30"]


def test_the_exchange_that_proves_the_difference_is_kept() -> None:
    def find(capsule: Capsule) -> Difference | None:
        number = paths(capsule).index("/12") + 1
        return Difference(number, "updateTask", "", "status", "200", "403", last=len(capsule.recorded))

    assert paths(shrink_capsule(CAPSULE, find(CAPSULE), find)) == ["/12", "/30"]


def test_the_difference_stays_at_its_exchange() -> None:
    """Another exchange with the same difference does not take its place."""

    def find(capsule: Capsule) -> Difference | None:
        number = len(capsule.recorded) if "/5" in paths(capsule) else len(capsule.recorded) - 1
        return Difference(number, "listTasks", "", "answer/total", "1", "2") if number else None

    assert paths(shrink_capsule(CAPSULE, find(CAPSULE), find)) == ["/5", "/30"]


def test_an_exchange_that_a_remaining_answer_depends_on_is_kept() -> None:
    """Without exchange 3, a correct server would be accused, too."""
    twin = Capsule(0.0, tuple(replace(recorded, ending=Ending.RESET) for recorded in CAPSULE.recorded))

    def find(capsule: Capsule) -> Difference | None:
        is_twin = capsule.recorded[0].ending is Ending.RESET
        return None if is_twin and "/3" in paths(capsule) else in_last_exchange(capsule)

    assert paths(shrink_capsule(CAPSULE, find(CAPSULE), find, twin=twin)) == ["/3", "/30"]


def test_a_capsule_that_cannot_be_made_smaller_stays_complete() -> None:
    def find(capsule: Capsule) -> Difference | None:
        return Difference(20, "listTasks", "", "answer/total", "1", "2") if capsule == CAPSULE else None

    assert shrink_capsule(CAPSULE, find(CAPSULE), find) is CAPSULE


def test_one_exchange_takes_the_place_of_many() -> None:
    def find(capsule: Capsule) -> Difference | None:
        has_many = {"/16", "/20", "/24"} <= {*paths(capsule)}
        return in_last_exchange(capsule) if has_many or "/2" in paths(capsule) else None

    assert paths(shrink_capsule(CAPSULE, find(CAPSULE), find)) == ["/2", "/30"]
