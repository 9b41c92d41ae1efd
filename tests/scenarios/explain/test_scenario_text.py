"""A scenario file with every key is read. Mistakes in it are refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.openapi.spec.dialect import dialect_of
from workerkit.scenarios.explain.scenario_text import scenario_lines
from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.loading.loader import parse
from workerkit.scenarios.model.effects.advance_clock import AdvanceClock
from workerkit.scenarios.model.effects.keys import ReplaceKey
from workerkit.scenarios.model.effects.respond import Respond
from workerkit.scenarios.model.effects.states import SetAccount, SetCustomerRequest
from workerkit.scenarios.model.effects.tasks import AddTasks, CancelTasks, ChangeTasks, ReassignTasks
from workerkit.scenarios.model.scenario import Happening, Scenario, Waiver
from workerkit.scenarios.model.selection import Selection
from workerkit.scenarios.model.task_group import TaskGroup
from workerkit.scenarios.model.trigger import After, OnCall, OnChange, OnMatch, OnState
from workerkit.scenarios.model.until import EnoughCalls, Until
from workerkit.scenarios.model.world_plan import AccountPlan, CustomerRequestPlan, ServerPlan, WorldPlan

SCENARIO = """\
title: A title
about: A paragraph.
world:
  clock: 2025-12-01T10:00:00Z
  dialect: {retry: automatic, last-cursor: null, refused-transition: 409}
  servers: [server-01, {name: server-02, key: second-key}]
  requests: [{name: Spring, auction_price: 5}, Autumn]
  accounts: [{username: an, status: active}]
  tasks:
    - {count: 3, server: server-01, group: ours, request: Spring, account: an}
    - {count: 1, server: server-02, id: 6f1e2c1a-0000-4000-8000-000000000001, note: hello}
when:
  - name: begun
    call: 3..7
    do:
      - respond: {status: 429, headers: {Retry-After: "1"}, body: {success: false}}
      - replace-key: server-01
  - match:
      operation: [updateTask, bulkUpdateTasks]
      server: server-01
      query: {page: 2}
      body: {status: completed}
      group: ours
      calls: 2..
    do:
      - cancel-tasks: this
      - cancel-tasks: {group: ours, share: 0.5}
  - match: {operation: updateTask, id: 6f1e2c1a-0000-4000-8000-000000000001}
    do:
      - add-tasks: {count: 2, server: server-02, status: running, group: late}
  - change: {status: running, was: pending, group: late, server: server-02}
    do:
      - change-tasks: {tasks: this, set: {status: failed, retry_count: 3}}
  - state: {status: [completed, failed], count: 2, group: ours}
    do:
      - reassign-tasks: {tasks: {status: pending, first: 2}, to: server-02}
      - set-request: {name: Spring, status: completed}
      - set-account: {name: an, status: banned}
  - after: {seconds: 2s, of: begun}
    do:
      - advance-clock: 1h
expect:
  - tasks-ended
waive:
  - process-not-crashed: it may give up here
until: {happening: begun, calls: {number: 5, of: listTasks}, time: 3s}
"""
ONE_TASK = "6f1e2c1a-0000-4000-8000-000000000001"
BySchema = Callable[[str], bool]


def scenario_of(old: str = "", new: str = "") -> Scenario:
    assert old in SCENARIO
    return parse(SCENARIO.replace(old, new, 1).encode(), name="my-scenario.yaml")


def test_a_file_with_every_key_is_read() -> None:
    assert scenario_of() == Scenario(
        name="my-scenario",
        title="A title",
        about="A paragraph.",
        world=WorldPlan(
            servers=(ServerPlan("server-01"), ServerPlan("server-02", key="second-key")),
            tasks=(
                TaskGroup(3, "server-01", {}, "ours", "Spring", "an"),
                TaskGroup(1, "server-02", {"id": ONE_TASK, "note": "hello"}),
            ),
            requests=(CustomerRequestPlan("Spring", auction_price=5), CustomerRequestPlan("Autumn")),
            accounts=(AccountPlan("an"),),
            dialect=dialect_of({"retry": "automatic", "refused-transition": "409"}),
            clock=1_764_583_200.0,
        ),
        when=(
            Happening(
                OnCall(Calls(3, 7)),
                (Respond(429, {"success": False}, headers={"retry-after": "1"}), ReplaceKey("server-01")),
                "begun",
            ),
            Happening(
                OnMatch(
                    ("updateTask", "bulkUpdateTasks"),
                    "server-01",
                    {"page": "2"},
                    {"status": "completed"},
                    group="ours",
                    calls=Calls(2),
                ),
                (CancelTasks(Selection("this")), CancelTasks(Selection(group="ours", share=0.5))),
            ),
            Happening(
                OnMatch(("updateTask",), id=ONE_TASK),
                (AddTasks(TaskGroup(2, "server-02", {"status": "running"}, "late")),),
            ),
            Happening(
                OnChange("running", "pending", "server-02", "late"),
                (ChangeTasks(Selection("this"), {"status": "failed", "retry_count": 3}),),
            ),
            Happening(
                OnState(("completed", "failed"), 2, group="ours"),
                (
                    ReassignTasks(Selection(status=("pending",), first=2), "server-02"),
                    SetCustomerRequest("Spring", "completed"),
                    SetAccount("an", "banned"),
                ),
            ),
            Happening(After(2.0, "begun"), (AdvanceClock(3600.0),)),
        ),
        expect=scenario_of().expect,
        waive=(Waiver("process-not-crashed", "it may give up here"),),
        until=Until(happening="begun", calls=EnoughCalls(5, ("listTasks",)), time=3.0),
    )


# Old text, new text, the place and a part of the error, and whether the schema refuses the file too.
MISTAKES = [
    # the world
    ("clock: 2025-12-01T10:00:00Z", "clock: yesterday", "4:10", "is not a time: write one such as", True),
    ("10:00:00Z", "10:00:00", "4:10", "is not a time", True),
    ("retry: automatic", "retri: automatic", "5:13", 'no silence retri (did you mean "retry"?)', True),
    ("retry: automatic", "retry: automat", "5:20", '(did you mean "automatic"?)', True),
    ("refused-transition: 409", "refused-transition: 418", "5:70", "its values are 400, 409", True),
    ("servers: [server-01,", "servers: [server-01, [],", "6:24", "text is expected here", True),
    ("Spring, auction_price: 5", "Spring, auction_price: -5", "7:44", "is not allowed", True),
    ("auction_price: 5", "price: 5", "7:29", "known: name, website, type, auction_price", True),
    ("}, Autumn]", "}, Spring]", "7:48", '"Spring" is in the list twice', False),
    ("[{name: Spring, auction_price: 5}, Autumn]", "[]", "7:13", '"requests" is empty', True),
    ("{username: an, status: active}", "{status: active}", "8:14", '"username" is missing', True),
    ("request: Spring,", "request: Sprin,", "10:59", 'unknown request of this world "Sprin" (did', False),
    ("account: an}", "account: ann}", "10:76", 'unknown account of this world "ann"', False),
    ("note: hello", "count_: 1", "11:79", 'unknown key "count_" (did you mean "count"?)', True),
    ("note: hello", "retry_count: 4, max_retries: 3", "11:92", "4, which is more than max_retries, 3", False),
    ("id: 6f1e2c1a-0000-4000-8000-000000000001, note", "id: nine, note", "11:41", "id: ", False),
    (
        "group: ours, request: Spring",
        "id: 6f1e2c1a-0000-4000-8000-000000000001, request: Spring",
        "10:41",
        "3 tasks cannot have the same id",
        False,
    ),
    ("count: 3, server: server-01, group: ours", f"count: 1, server: server-01, id: {ONE_TASK}", "11:41",
     "another task has the id", False),
    # when
    ("  - name: begun\n    call: 3..7\n", "  - name: begun\n", "13:5", "exactly one trigger", True),
    ("call: 3..7", "call: 7..3", "14:11", "has no call in it", False),
    ("call: 3..7", "call: often", "14:11", "is not a span of calls", True),
    ("call: 3..7", "call: {number: 3, of: []}", "14:27", "the list is empty", True),
    ("call: 3..7", "call: {number: 3, of: [any, any]}", "14:33", '"any" is in the list twice', True),
    ("call: 3..7", "after: 2s", "16:9", "respond needs a request", False),
    ("after: {seconds: 2s, of: begun}", "name: late\n    after: {seconds: 2s, of: late}", "40:12",
     "this happening waits for itself", False),
    ("name: begun", "name: [begun]", "13:11", "text is expected here", True),
    ("status: 429", "status: 199", "16:27", "199 is not a status of an answer", True),
    ("status: 429", "status: 204", "16:18", "an answer with status 204 has no body", False),
    ("body: {success: false}", "text: a, body: b", "16:18", "body and text are both given", False),
    ("Retry-After:", "Retry After:", "16:42", "is not a name of a header", True),
    ("Retry-After:", "content-length:", "16:42", "the mock sets content-length itself", True),
    ('Retry-After: "1"', "Retry-After: 1", "16:55", "text is expected here", True),
    ('Retry-After: "1"', r'Retry-After: "a\r\nb"', "16:55", "printable ASCII on one line", True),
    ('headers: {Retry-After: "1"}', "headers: soon", "16:41", "a mapping from header names to texts", True),
    ("- replace-key: server-01", "- respond: {status: 500}", "17:9", "a request gets one answer", False),
    ("replace-key: server-01", "replace-key: {server: server-01, key: second-key}", "17:9",
     "server-02 has this key already", False),
    ("- replace-key: server-01", "- cancel-task: all", "17:9", '(did you mean "cancel-tasks"?)', True),
    ("operation: [updateTask, bulk", "operation: [updateTasks, bulk", "19:19", '"updateTask"?', True),
    ("query: {page: 2}", "query: page", "21:14", "a mapping from parameters to values", True),
    ("query: {page: 2}", "query: {page: [2]}", "21:21", "text or a whole number", True),
    ("updateTask, bulkUpdateTasks", "listTasks", "22:13", "listTasks has no body, so it can never", False),
    ("{operation: updateTask, id", "{operation: heartbeat, id", "28:39", "heartbeat has no id in its", False),
    ("group: ours\n      calls", "group: hours\n      calls", "23:14", 'group of tasks "hours"', False),
    ("calls: 2..", "calls: .", "24:14", "is not a span of calls", True),
    ("cancel-tasks: this", "cancel-tasks: that", "26:23", 'unknown word "that"; known: all, this', True),
    ("share: 0.5", "share: 1.5", "27:44", "is not allowed: write a number from 0 to 1", True),
    ("share: 0.5", "share: 0.5, first: 1", "27:23", "first and share are both given", False),
    ("status: running, group: late}", "status: runing, group: late}", "30:58", '"running"?', True),
    ("change: {status: running, was: pending", "change: {status: running, was: running", "31:13",
     "that was running cannot become running", False),
    ("set: {status: failed, retry_count: 3}", "set: {}", "33:42", "name at least one field", True),
    ("retry_count: 3", "id: 3", "33:59", 'unknown key "id"', True),
    ("retry_count: 3", "retry_count: three", "33:72", "retry_count: ", True),
    ("tasks: this, set", "set", "33:23", '"tasks" is missing', True),
    ("count: 2, group: ours", "count: 4, group: ours", "34:12", "the group ours has only 3 tasks", False),
    ("[completed, failed]", "[completed, fail]", "34:33", '(did you mean "failed"?)', True),
    ("first: 2}, to: server-02", "first: 2}, to: server-03", "36:66", "unknown server of this world", False),
    ("name: Spring, status: completed", "name: Sprung, status: completed", "37:29", '"Spring"?', False),
    ("name: an, status: banned", "name: an", "38:22", '"status" is missing', True),
    ("of: begun}\n", "of: begone}\n", "39:30", 'unknown happening "begone" (did you mean "begun"?)', False),
    ("advance-clock: 1h", "advance-clock: 1d", "41:24", "'1d' is not a duration", True),
    # the trigger asked
    ("call: 3..7", "asked: compleation", "14:12", '(did you mean "completion"?)', True),
    ("call: 3..7", "asked: {number: 2}", "14:12", '"what" is missing', True),
    ("call: 3..7", "asked: {what: completion, repeated: always}", "14:41", "known: after-trouble", True),
    ("call: 3..7", "asked: {what: completion, since: begone}", "14:38", 'unknown happening "begone"', False),
    ("call: 3..7", "asked: {what: completion, since: begun}", "14:12", "waits for itself", False),
    ("call: 3..7", "asked: {what: [logs, heartbeat], group: ours}", "14:45", "logs is not about", False),
    ("after: {seconds: 2s, of: begun}\n    do:\n      - advance-clock: 1h",
     "asked: heartbeat\n    do:\n      - cancel-tasks: this", "41:9", "or asked with an update", False),
    # the rules and until
    ("process-not-crashed: it may give up here", "process-not-crashed", "45:5", "write why", True),
    ("- process-not-crashed: it", "- process-crashed: it", "45:5", '"process-not-crashed"?', True),
    ("- process-not-crashed: it", "- tasks-ended: it", "45:5", "is in `expect` and in `waive`", True),
    ("  - tasks-ended\nwaive:\n  - process-not-crashed", "  []\nwaive:\n  - tasks-ended", "45:5",
     "applies only to scenarios that expect it", True),
    ("until: {happening: begun,", "until: {happening: began,", "46:20", 'unknown happening "began"', False),
    ("number: 5, of", "of", "46:34", '"number" is missing', True),
    ("time: 3s", "time: 3", "46:68", "write a number and its unit", True),
    ("title: A title\n", "title: A title\nwhat: else\n", "2:1", 'unknown key "what"', True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "place", "hint", "seen_by_schema"), MISTAKES, ids=[mistake[1] for mistake in MISTAKES]
)
def test_an_error_names_the_place_and_gives_a_hint(
    old: str, new: str, place: str, hint: str, seen_by_schema: bool, is_valid_by_schema: BySchema
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        scenario_of(old, new)
    assert str(caught.value).startswith(f"my-scenario.yaml:{place}: ")
    assert hint in str(caught.value)
    assert is_valid_by_schema(SCENARIO.replace(old, new, 1)) != seen_by_schema


def test_the_rules_that_the_scenario_is_about_come_first_in_its_own_order() -> None:
    scenario = scenario_of("  - tasks-ended\n", "  - tasks-ended\n  - pause-on-401: {attempts: 30}\n")
    lines = scenario_lines(scenario)
    about = lines.index("The rules that this scenario is about")
    others = lines.index("Rules that apply in every scenario")
    assert [line.split(":")[0] for line in lines[about + 1 : others - 1]] == [
        "  tasks-ended",
        "  pause-on-401 (attempts",
    ]
    rest = "\n".join(lines[others:])
    assert "  pause-on-429: " in rest
    assert "pause-on-401" not in rest
