from __future__ import annotations

from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.model.effects import Effect, RestoreKey, RevokeKey
from workerkit.scenarios.model.plot import Occurrence, Plot
from workerkit.scenarios.model.scenario import Happening
from workerkit.scenarios.model.trigger import After, OnCall, Trigger

REVOKE, RESTORE = RevokeKey("s1"), RestoreKey("s1")


def plot(*whens: tuple[Trigger, Effect]) -> Plot:
    return Plot(tuple(Happening(trigger, (effect,)) for trigger, effect in whens), began=100.0)


def test_the_nth_request_of_an_operation_already_feels_the_effect() -> None:
    story = plot((OnCall(Calls(2, 2), ("updateTask",)), REVOKE))
    assert story.called("updateTask", at=101) == ()
    assert story.called("listTasks", at=102) == ()
    assert story.called("updateTask", at=103) == (Occurrence(103, REVOKE),)


def test_any_counts_every_request_also_those_of_no_operation() -> None:
    story = plot((OnCall(Calls(3, 3)), REVOKE))
    assert story.called("heartbeat", at=101) == story.called(None, at=102) == ()
    assert story.called("listTasks", at=103) == (Occurrence(103, REVOKE),)


def test_a_happening_takes_place_once() -> None:
    story = plot((OnCall(Calls(1, 1)), REVOKE), (After(1), RESTORE))
    assert story.called("heartbeat", at=101) == (Occurrence(101, REVOKE),)
    assert story.called("heartbeat", at=110) == (Occurrence(102, RESTORE),)
    assert story.called("heartbeat", at=120) == story.due(at=130) == ()


def test_after_counts_from_the_happening_before_it() -> None:
    story = plot((OnCall(Calls(1, 1)), REVOKE), (After(1.5), RESTORE))
    assert story.next_due() is None
    assert story.due(at=500) == ()
    story.called("heartbeat", at=500)
    assert story.next_due() == 501.5
    assert story.due(at=501.4) == ()
    assert story.due(at=501.5) == (Occurrence(501.5, RESTORE),)
    assert story.next_due() is None


def test_after_counts_from_the_start_where_it_comes_first() -> None:
    story = plot((After(2), REVOKE), (After(3), RESTORE))
    assert story.next_due() == 102
    assert story.due(at=200) == (Occurrence(102, REVOKE), Occurrence(105, RESTORE))


def test_what_time_has_brought_comes_before_what_the_request_brings() -> None:
    story = plot((After(1), RESTORE), (OnCall(Calls(1, 1)), REVOKE))
    assert story.called("heartbeat", at=105) == (Occurrence(101, RESTORE), Occurrence(105, REVOKE))


def test_what_is_due_at_once_after_a_request_comes_with_it() -> None:
    story = plot((OnCall(Calls(1, 1)), REVOKE), (After(0), RESTORE))
    assert story.called("heartbeat", at=101) == (Occurrence(101, REVOKE), Occurrence(101, RESTORE))


def test_effects_of_one_happening_keep_their_order() -> None:
    story = Plot((Happening(OnCall(Calls(1, 1)), (RESTORE, REVOKE)),), began=100.0)
    assert story.called("heartbeat", at=101) == (Occurrence(101, RESTORE), Occurrence(101, REVOKE))


def test_of_what_happens_often_the_first_time_counts() -> None:
    story = plot((OnCall(Calls(1)), REVOKE), (After(3), RESTORE))
    for at in (101, 102, 103):
        assert story.called("heartbeat", at=at) == (Occurrence(at, REVOKE),)
    assert story.next_due() == 104
