from __future__ import annotations

from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.model.effects.effect import Effect
from workerkit.scenarios.model.effects.keys import RestoreKey, RevokeKey
from workerkit.scenarios.model.happening_tracker import DueEffect, HappeningTracker
from workerkit.scenarios.model.scenario import Happening
from workerkit.scenarios.model.trigger import After, OnCall, Trigger

REVOKE, RESTORE = RevokeKey("s1"), RestoreKey("s1")


def tracker_of(*happenings: tuple[Trigger, Effect]) -> HappeningTracker:
    return HappeningTracker(
        tuple(Happening(trigger, (effect,)) for trigger, effect in happenings), began=100.0
    )


def test_an_effect_comes_before_the_nth_request_is_answered() -> None:
    tracker = tracker_of((OnCall(Calls(2, 2), ("updateTask",)), REVOKE))
    assert tracker.count_request("updateTask", at=101) == ()
    assert tracker.count_request("listTasks", at=102) == ()
    assert tracker.count_request("updateTask", at=103) == (DueEffect(103, REVOKE),)


def test_any_counts_requests_of_all_operations_and_of_none() -> None:
    tracker = tracker_of((OnCall(Calls(3, 3)), REVOKE))
    assert tracker.count_request("heartbeat", at=101) == tracker.count_request(None, at=102) == ()
    assert tracker.count_request("listTasks", at=103) == (DueEffect(103, REVOKE),)


def test_a_happening_takes_place_once() -> None:
    tracker = tracker_of((OnCall(Calls(1, 1)), REVOKE), (After(1), RESTORE))
    assert tracker.count_request("heartbeat", at=101) == (DueEffect(101, REVOKE),)
    assert tracker.count_request("heartbeat", at=110) == (DueEffect(102, RESTORE),)
    assert tracker.count_request("heartbeat", at=120) == tracker.due_by_time(at=130) == ()


def test_after_waits_after_the_previous_happening() -> None:
    tracker = tracker_of((OnCall(Calls(1, 1)), REVOKE), (After(1.5), RESTORE))
    assert tracker.due_by_time(at=500) == ()
    tracker.count_request("heartbeat", at=500)
    assert tracker.due_by_time(at=501.4) == ()
    assert tracker.due_by_time(at=501.5) == (DueEffect(501.5, RESTORE),)
    assert tracker.due_by_time(at=600) == ()


def test_after_waits_after_the_start_if_it_is_first() -> None:
    tracker = tracker_of((After(2), REVOKE), (After(3), RESTORE))
    assert tracker.due_by_time(at=101.9) == ()
    assert tracker.due_by_time(at=200) == (DueEffect(102, REVOKE), DueEffect(105, RESTORE))


def test_effects_that_are_due_by_time_come_before_effects_of_the_request() -> None:
    tracker = tracker_of((After(1), RESTORE), (OnCall(Calls(1, 1)), REVOKE))
    assert tracker.count_request("heartbeat", at=105) == (DueEffect(101, RESTORE), DueEffect(105, REVOKE))


def test_a_happening_without_a_wait_comes_with_the_request() -> None:
    tracker = tracker_of((OnCall(Calls(1, 1)), REVOKE), (After(0), RESTORE))
    assert tracker.count_request("heartbeat", at=101) == (DueEffect(101, REVOKE), DueEffect(101, RESTORE))


def test_effects_of_one_happening_keep_their_order() -> None:
    tracker = HappeningTracker((Happening(OnCall(Calls(1, 1)), (RESTORE, REVOKE)),), began=100.0)
    assert tracker.count_request("heartbeat", at=101) == (DueEffect(101, RESTORE), DueEffect(101, REVOKE))


def test_after_waits_after_the_first_time_of_a_happening() -> None:
    tracker = tracker_of((OnCall(Calls(1)), REVOKE), (After(3), RESTORE))
    for at in (101, 102, 103):
        assert tracker.count_request("heartbeat", at=at) == (DueEffect(at, REVOKE),)
    assert tracker.due_by_time(at=103.9) == ()
    assert tracker.due_by_time(at=104) == (DueEffect(104, RESTORE),)


def test_a_happening_waits_for_time_if_only_time_is_missing() -> None:
    tracker = tracker_of((OnCall(Calls(1, 1)), REVOKE), (After(1), RESTORE), (After(1), REVOKE))
    waiting = [tracker.waiting_for_time]
    tracker.count_request("heartbeat", at=101)
    waiting.append(tracker.waiting_for_time)
    tracker.due_by_time(at=102)
    waiting.append(tracker.waiting_for_time)
    assert waiting == [(), (1, 2), (2,)]
