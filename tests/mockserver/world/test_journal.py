from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.mockserver.world.journal import Journal, JournalNote
from workerkit.openapi.exchange import Exchange


def add(journal: Journal) -> Exchange:
    number = journal.next_number()
    exchange = Exchange(number, None, None, "GET", "/", "", (), b"", 200, (), b"", 0.0, 0.0)
    journal.add(exchange)
    return exchange


@settings(deadline=None)
@given(capacity=st.integers(1, 8), count=st.integers(0, 20))
def test_the_newest_exchanges_are_kept_and_all_are_counted(capacity: int, count: int) -> None:
    journal = Journal(capacity)
    added = [add(journal) for _ in range(count)]
    assert list(journal) == added[-capacity:]
    assert len(journal) == min(count, capacity)
    assert (journal.count, journal.dropped) == (count, max(0, count - capacity))


def test_numbers_begin_at_one_and_continue_beyond_the_capacity() -> None:
    journal = Journal(2)
    assert [add(journal).number for _ in range(4)] == [1, 2, 3, 4]
    assert [exchange.number for exchange in journal] == [3, 4]


def test_a_listener_is_called_with_each_later_exchange() -> None:
    journal = Journal(1)
    add(journal)
    earlier: list[Exchange | JournalNote] = []
    later: list[Exchange | JournalNote] = []
    journal.add_listener(earlier.append)
    first = add(journal)
    journal.add_listener(later.append)
    second = add(journal)
    assert (earlier, later) == ([first, second], [second])


def test_a_listener_finds_the_exchange_in_the_journal() -> None:
    journal = Journal()
    found: list[int] = []
    journal.add_listener(
        lambda exchange: found.append([kept.number for kept in journal].index(exchange.number))
    )
    add(journal)
    add(journal)
    assert found == [0, 1]


def test_new_exchanges_do_not_disturb_an_iteration() -> None:
    journal = Journal(3)
    for _ in range(3):
        add(journal)
    read = []
    for exchange in journal:
        add(journal)
        read.append(exchange.number)
    assert read == [1, 2, 3]


@settings(deadline=None)
@given(sizes=st.lists(st.integers(0, 30), max_size=20))
def test_the_oldest_bodies_beyond_the_limit_are_dropped(sizes: list[int]) -> None:
    journal = Journal(capacity=100, max_body_bytes=40)
    for size in sizes:
        number = journal.next_number()
        journal.add(Exchange(number, None, None, "GET", "/", "", (), b"", 200, (), b"x" * size, 0.0, 0.0))
    kept = [len(exchange.answer_body) for exchange in journal]
    assert kept == sizes[len(sizes) - len(kept) :]
    assert sum(kept) <= 40
    assert len(kept) == len(sizes) or sum(sizes[len(sizes) - len(kept) - 1 :]) > 40


def test_an_ended_exchange_counts_with_the_body_that_was_sent() -> None:
    journal = Journal(capacity=100, max_body_bytes=40)
    begun = Exchange(1, None, None, "GET", "/", "", (), b"", None, (), b"", 0.0, 0.0)
    journal.begin(begun)
    journal.end(begun, replace(begun, answer_body=b"x" * 39))
    journal.add(Exchange(2, None, None, "GET", "/", "", (), b"", 200, (), b"x" * 2, 0.0, 0.0))
    assert [exchange.number for exchange in journal] == [2]
