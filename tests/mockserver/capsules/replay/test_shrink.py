"""Making capsules smaller, whatever it is that replays them."""

from __future__ import annotations

from tests.openapi.masking.test_canaries import exchange
from workerkit.mockserver.capsules.file.capsule import Capsule, Recorded
from workerkit.mockserver.capsules.replay.matching import Difference
from workerkit.mockserver.capsules.replay.shrink import shrunk

WHOLE = Capsule(0.0, tuple(Recorded(exchange(number=n, path=f"/{n}")) for n in range(1, 31)))


def paths(capsule: Capsule) -> list[str]:
    return [recorded.exchange.path for recorded in capsule.recorded]


def at_the_end(capsule: Capsule) -> Difference | None:
    return Difference(len(capsule.recorded), "listTasks", "", "answer/total", "1", "2")


def where_it_takes_two(capsule: Capsule) -> Difference | None:
    return at_the_end(capsule) if {"/3", "/20"} <= {*paths(capsule)} else None


def test_what_a_difference_needs_is_kept() -> None:
    assert paths(shrunk(WHOLE, where_it_takes_two)) == ["/3", "/20", "/30"]


def test_what_can_only_go_together_goes() -> None:
    def differs(capsule: Capsule) -> Difference | None:
        pair = {"/5", "/25"} & {*paths(capsule)}
        return where_it_takes_two(capsule) if len(pair) != 1 else None

    assert paths(shrunk(WHOLE, differs)) == ["/3", "/20", "/30"]


def test_a_quick_look_that_is_right_spares_the_others() -> None:
    calls: list[int] = []

    def counted(capsule: Capsule) -> Difference | None:
        calls.append(len(capsule.recorded))
        return at_the_end(capsule)

    assert paths(shrunk(WHOLE, counted, quick=at_the_end)) == ["/30"]
    assert calls == [1]


def test_a_quick_look_that_sees_too_much_is_not_believed() -> None:
    assert paths(shrunk(WHOLE, where_it_takes_two, quick=at_the_end)) == ["/3", "/20", "/30"]


def test_a_status_that_is_another_one_now_is_another_difference() -> None:
    def differs(capsule: Capsule) -> Difference | None:
        now = "200" if "/7" in paths(capsule) else "404"
        return Difference(len(capsule.recorded), "updateTask", "", "status", "503", now)

    assert paths(shrunk(WHOLE, differs)) == ["/7", "/30"]
