"""Slots: the requests at which a hunt lets something go wrong."""

from __future__ import annotations

from tests.scenarios.conftest import ScriptedWorker
from workerkit.scenarios.hunt.slot import Slot, ends_of, slots_after, slots_of


def test_the_slots_of_a_worker_are_named_by_what_it_asks() -> None:
    worker = ScriptedWorker()
    tasks = worker.add_tasks(4)
    worker.list_tasks()
    worker.do_tasks(*tasks)
    worker.update(tasks[0], "completed")
    slots = slots_of(worker.run_record())
    assert slots == (
        *(Slot("completion", number) for number in (1, 2, 3, 4)),
        *(Slot("running", number) for number in (1, 2, 3, 4)),
        Slot("first-page", 1),
        Slot("heartbeat", 1),
    )
    assert ends_of(slots) == tuple(slot for slot in slots if slot.number != 3)


def test_two_tasks_in_one_request_are_one_slot() -> None:
    worker = ScriptedWorker(beats=False)
    tasks = worker.add_tasks(4)
    for status in ("running", "completed"):
        worker.bulk_update(*({"link_id": task, "status": status} for task in tasks[:3]))
    worker.update(tasks[3], "completed")
    numbers = [(slot.kind, slot.number) for slot in slots_of(worker.run_record())]
    assert numbers == [("completion", 1), ("completion", 4), ("running", 1)]


def test_a_key_is_known_to_be_correct_only_after_an_answer() -> None:
    assert not Slot("first-page").is_after_success
    assert not Slot("heartbeat").is_after_success
    assert Slot("heartbeat", 2).is_after_success
    assert Slot("running").is_after_success
    assert Slot("first-page", follows=True).is_after_success


def test_a_slot_is_a_sentence() -> None:
    assert Slot("completion", 2).text == "reports task 2 as completed"
    assert Slot("logs", 4).text == "sends logs for the 4th time"
    assert Slot("running", follows=True).text == "next sets a task to running"
    assert Slot("running", 2, follows=True).text == "sets a task to running for the second time"


def test_the_requests_after_a_slot_are_counted_from_there() -> None:
    worker = ScriptedWorker()
    tasks = worker.add_tasks(3)
    worker.list_tasks()
    worker.do_tasks(tasks[0])
    worker.update(tasks[1], "completed")
    worker.update(tasks[1], "completed")
    worker.list_tasks()
    worker.do_tasks(tasks[2])
    after = slots_after(Slot("completion", 2), worker.run_record(), most=4)
    assert after == tuple(
        Slot(kind, number, follows=True)
        for kind, number in (("completion", 1), ("first-page", 1), ("running", 1), ("completion", 2))
    )
    assert slots_after(Slot("completion", 4), worker.run_record(), most=4) == ()
