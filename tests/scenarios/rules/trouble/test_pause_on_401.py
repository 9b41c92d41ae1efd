from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.rules.trouble.pause_on_401 import PauseOn401
from workerkit.scenarios.run_record.run import Run

Make = Callable[..., Exchange]
RunOf = Callable[..., Run]

SEEDS = st.integers(0, 2**32)
OUTAGES = st.floats(1.2, 5)


def backoff(chance: Random, first: float, jitter: str, longest: float = 5.0) -> Iterator[float]:
    """Yields pauses in seconds. They double from `first` up to `longest`, with no, half or full jitter."""
    least = {"none": 1.0, "half": 0.5, "full": 0.0}[jitter]
    while True:
        yield first * chance.uniform(least, 1)
        first = min(2 * first, longest)


def even(pause: float) -> Iterator[float]:
    while True:
        yield pause


def at(start: float, pauses: Iterator[float], outage: float) -> Iterator[float]:
    """Yields the times of attempts, from `start` to the end of the outage."""
    time = start
    while time < outage:
        yield time
        time += 0.002 + next(pauses)


def list_tasks(attempt: Make, began: float) -> Exchange:
    return attempt(began, method="GET", path="/api/v1/worker/tasks", operation="listTasks", request_body=b"")


def task(number: int) -> str:
    return f"/api/v1/worker/tasks/{number}"


@settings(deadline=None)
@given(
    seed=SEEDS,
    outage=OUTAGES,
    threads=st.integers(1, 12),
    first=st.floats(0.1, 3),
    jitter=st.sampled_from(["none", "half", "full"]),
    spread=st.floats(0, 2),
)
def test_threads_that_back_off_are_never_a_violation(
    attempt: Make,
    run_of: RunOf,
    seed: int,
    outage: float,
    threads: int,
    first: float,
    jitter: str,
    spread: float,
) -> None:
    chance = Random(seed)
    attempts = [
        attempt(began, path=task(thread))
        for thread in range(threads)
        for began in at(chance.uniform(0, spread), backoff(chance, first, jitter), outage)
    ]
    assert PauseOn401().check(run_of(attempts)) == []


@settings(deadline=None)
@given(seed=SEEDS, outage=OUTAGES, threads=st.integers(1, 4), jitter=st.sampled_from(["none", "half"]))
def test_threads_that_back_off_from_the_same_request_are_never_a_violation(
    attempt: Make, run_of: RunOf, seed: int, outage: float, threads: int, jitter: str
) -> None:
    chance = Random(seed)
    attempts = [
        list_tasks(attempt, began)
        for _ in range(threads)
        for began in at(chance.uniform(0, 0.05), backoff(chance, 0.1, jitter), outage)
    ]
    assert PauseOn401().check(run_of(attempts)) == []


@settings(deadline=None)
@given(seed=SEEDS, outage=OUTAGES, threads=st.integers(1, 14), jitter=st.sampled_from(["none", "half"]))
def test_threads_that_all_look_at_the_same_list_after_their_reports_are_never_a_violation(
    attempt: Make, run_of: RunOf, seed: int, outage: float, threads: int, jitter: str
) -> None:
    """A thread whose report was refused reads the list, to see whether the report was accepted."""
    chance = Random(seed)
    reports = [attempt(thread / 1e4, path=task(thread)) for thread in range(threads)]
    lists = [
        list_tasks(attempt, began)
        for _ in range(threads)
        for began in at(chance.uniform(0.1, 0.3), backoff(chance, 0.15, jitter), outage)
    ]
    assert PauseOn401().check(run_of([*reports, *lists])) == []


@settings(deadline=None)
@given(seed=SEEDS, outage=OUTAGES, threads=st.integers(1, 4), jitter=st.sampled_from(["none", "half"]))
def test_threads_that_back_off_and_go_on_with_another_task_are_never_a_violation(
    attempt: Make, run_of: RunOf, seed: int, outage: float, threads: int, jitter: str
) -> None:
    chance = Random(seed)
    starts = [chance.uniform(0, 0.05) for _ in range(threads)]
    times = [began for start in starts for began in at(start, backoff(chance, 0.1, jitter), outage)]
    attempts = [attempt(began, path=task(number)) for number, began in enumerate(times)]
    assert PauseOn401().check(run_of(attempts)) == []


@settings(deadline=None)
@given(seed=SEEDS, outage=OUTAGES, threads=st.integers(1, 12), pause=st.floats(0.1, 5))
def test_threads_with_even_pauses_are_never_a_violation(
    attempt: Make, run_of: RunOf, seed: int, outage: float, threads: int, pause: float
) -> None:
    chance = Random(seed)
    attempts = [
        attempt(began, path=task(thread))
        for thread in range(threads)
        for began in at(chance.uniform(0, 0.1), even(pause), outage)
    ]
    assert PauseOn401().check(run_of(attempts)) == []


@settings(deadline=None)
@given(outage=OUTAGES, threads=st.integers(1, 40))
def test_many_threads_that_are_refused_once_are_never_a_violation(
    attempt: Make, run_of: RunOf, outage: float, threads: int
) -> None:
    attempts = [
        attempt(began, path=task(thread)) for thread in range(threads) for began in (thread / 1e4, outage)
    ]
    assert PauseOn401().check(run_of(attempts)) == []


@settings(deadline=None)
@given(seed=SEEDS, outage=OUTAGES, rate=st.floats(20, 100), threads=st.integers(1, 4))
def test_a_loop_without_a_pause_is_always_a_violation(
    attempt: Make, run_of: RunOf, seed: int, outage: float, rate: float, threads: int
) -> None:
    chance = Random(seed)
    attempts = [
        attempt(began, path=task(thread))
        for thread in range(threads)
        for began in at(0, (chance.uniform(0.6, 1.4) / rate - 0.002 for _ in iter(int, 1)), outage)
    ]
    assert len(PauseOn401().check(run_of(attempts))) == 1


@settings(deadline=None)
@given(seed=SEEDS, outage=OUTAGES, rate=st.floats(20, 300))
def test_a_loop_over_new_tasks_without_a_pause_is_always_a_violation(
    attempt: Make, run_of: RunOf, seed: int, outage: float, rate: float
) -> None:
    chance = Random(seed)
    times = at(0, (chance.uniform(0.6, 1.4) / rate - 0.002 for _ in iter(int, 1)), outage)
    attempts = [attempt(began, path=task(number)) for number, began in enumerate(times)]
    assert len(PauseOn401().check(run_of(attempts))) == 1


@settings(deadline=None)
@given(outage=OUTAGES, rate=st.floats(25, 300))
def test_a_loop_of_two_steps_without_a_pause_is_always_a_violation(
    attempt: Make, run_of: RunOf, outage: float, rate: float
) -> None:
    times = at(0, even(1 / rate - 0.002), outage)
    attempts = [attempt(began, path=task(number % 2)) for number, began in enumerate(times)]
    assert len(PauseOn401().check(run_of(attempts))) == 1


@pytest.mark.parametrize("changing", [False, True])
def test_a_worker_that_gives_up_after_a_burst_is_a_violation(
    attempt: Make, run_of: RunOf, *, changing: bool
) -> None:
    burst = [attempt(i * 0.002, path=task(i * changing)) for i in range(60)]
    assert len(PauseOn401().check(run_of(burst))) == 1


@pytest.mark.parametrize(("times", "count"), [(31, 0), (33, 1)])
def test_a_loop_that_a_busy_machine_slows_down_is_a_violation(
    attempt: Make, run_of: RunOf, times: int, count: int
) -> None:
    """After every second attempt the machine stops the worker. So few attempts come within one second."""
    refused = [attempt(i // 2 * 0.4 + i % 2 * 0.005) for i in range(times)]
    assert len(PauseOn401().check(run_of(refused))) == count


def test_a_short_burst_at_the_first_refusal_is_no_violation(attempt: Make, run_of: RunOf) -> None:
    assert PauseOn401().check(run_of([attempt(i * 0.002) for i in range(10)])) == []


def test_refusals_of_another_kind_are_not_counted(attempt: Make, run_of: RunOf) -> None:
    attempts = [attempt(i * 0.01, status=[200, 403, 500, None][i % 4]) for i in range(500)]
    assert PauseOn401().check(run_of([attempt(0), *attempts])) == []


def test_attempts_on_their_way_at_the_first_refusal_are_not_counted(attempt: Make, run_of: RunOf) -> None:
    first = attempt(0, ended=attempt(5.0).began)
    assert PauseOn401().check(run_of([first, *(attempt(i * 0.01) for i in range(1, 490))])) == []


def test_the_scenario_sets_how_many_attempts_are_too_many(attempt: Make, run_of: RunOf) -> None:
    run = run_of([attempt(i * 0.05) for i in range(30)])
    assert PauseOn401(attempts=20).check(run)
    assert not PauseOn401(attempts=25).check(run)


def test_the_message_names_the_exchanges_their_times_and_what_to_do(attempt: Make, run_of: RunOf) -> None:
    accepted = attempt(0.0, status=200)
    refused = [attempt(0.5 + i * 0.01) for i in range(101)]
    (violation,) = PauseOn401().check(run_of([accepted, *refused]))
    assert violation.rule == "pause-on-401"
    assert violation.exchanges == (2, *range(28, 47))
    assert violation.message == (
        "Exchange 2 was refused with 401 at 0.500 s, and the worker went on without a pause: 75 more "
        "requests were refused within one second (exchanges 28 to 102, from 0.760 s to 1.500 s). If the "
        "worker asks again at once, the key is refused again, and the server has useless work. A careful "
        "worker waits after a 401, longer each time (0.2 s, 0.4 s, 0.8 s and so on), and tries again."
    )
