from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.openapi.spec.api import Api, worker_api
from workerkit.openapi.spec.document import Document
from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.fields.vocabulary import vocabulary_of
from workerkit.scenarios.loading.loader import parse, read
from workerkit.scenarios.model.effects.keys import RestoreKey, RevokeKey
from workerkit.scenarios.model.effects.states import SetServer
from workerkit.scenarios.model.scenario import Expectation, Happening, Scenario
from workerkit.scenarios.model.task_group import TaskGroup
from workerkit.scenarios.model.trigger import After, OnCall
from workerkit.scenarios.model.until import Until
from workerkit.scenarios.model.world_plan import ServerPlan, WorldPlan

SCENARIO = """\
title: A title
about: A paragraph.
world:
  seed: 7
  servers:
    - {name: server-01, status: online, key: a-key-of-mine}
    - server-02
  tasks:
    - {count: 3, server: server-01, status: queued, config: "{}"}
when:
  - call: {number: 2, of: updateTask}
    do:
      - revoke-key: server-01
      - set-server: {name: server-02, status: offline}
  - after: 500ms
    do:
      - restore-key: {server: server-01}
expect:
  - tasks-ended
  - pause-on-401: {attempts: 30}
until: {tasks: ended, quiet: 2s}
"""


def scenario_of(old: str = "", new: str = "") -> Scenario:
    assert old in SCENARIO
    return parse(SCENARIO.replace(old, new, 1).encode(), name="folder/my-scenario.yaml")


def test_a_scenario_is_read() -> None:
    assert scenario_of() == Scenario(
        name="my-scenario",
        title="A title",
        about="A paragraph.",
        world=WorldPlan(
            servers=(ServerPlan("server-01", "online", "a-key-of-mine"), ServerPlan("server-02")),
            tasks=(TaskGroup(3, "server-01", {"status": "queued", "config": "{}"}),),
            seed=7,
        ),
        when=(
            Happening(
                OnCall(Calls(2, 2), ("updateTask",)),
                (RevokeKey("server-01"), SetServer("server-02", "offline")),
            ),
            Happening(After(0.5), (RestoreKey("server-01"),)),
        ),
        expect=(Expectation("tasks-ended"), Expectation("pause-on-401", {"attempts": 30})),
        until=Until("ended", quiet=2.0),
    )


def test_only_title_about_and_servers_are_required() -> None:
    scenario = parse(b"{title: t, about: a, world: {servers: [s1]}}", name="bare.yaml")
    assert scenario == Scenario("bare", "t", "a", WorldPlan((ServerPlan("s1"),), ()))
    assert scenario.world.worker_server == ServerPlan("s1", "online")


def test_a_call_that_is_only_a_number_counts_all_operations() -> None:
    assert scenario_of("{number: 2, of: updateTask}", "4").when[0].trigger == OnCall(Calls(4, 4), ("any",))


MISTAKES = [
    ("until:", "untill:", "21:1", 'unknown key "untill" (did you mean "until"?)'),
    ("seed: 7", "sead: 7", "4:3", '(did you mean "seed"?)'),
    ("seed: 7", "seed: -1", "4:9", "-1 is too small: the smallest number allowed is 0"),
    ("seed: 7", "seed: true", "4:9", "a whole number is expected here, not true"),
    ("status: online", "status: onlin", "6:33", 'unknown server status "onlin" (did you mean "online"?)'),
    ("status: online", "state: online", "6:25", 'unknown key "state" (did you mean "status"?)'),
    ("- server-02", "- server-01", "7:7", '"server-01" is used already'),
    ("- server-02", "- 2", "7:7", "text is expected here"),
    ("- server-02", "- {name: s2, key: a-key-of-mine}", "7:7", '"a-key-of-mine" is used already'),
    ("key: a-key-of-mine", "key: server-01", "6:7", '"server-01" is used already'),
    ("count: 3, ", "", "9:7", '"count" is missing'),
    ("count: 3", "count: 0", "9:15", "0 is too small: the smallest number allowed is 1"),
    (
        "count: 3",
        "count: 3, id: 6f1e2c1a-0000-4000-8000-000000000001",
        "9:22",
        "3 tasks cannot have the same id",
    ),
    (
        "server: server-01, status",
        "server: server-10, status",
        "9:26",
        'unknown server of this world "server-10"',
    ),
    ("status: queued", "status: queud", "9:45", 'unknown task status "queud" (did you mean "queued"?)'),
    ("status: queued", "service_typ: x", "9:37", '(did you mean "service_type"?)'),
    ("status: queued", "retry_count: many", "9:50", "retry_count:"),
    ('config: "{}"', "config: {}", "9:61", "config:"),
    ("call: {", "cal: {", "11:5", 'unknown key "cal" (did you mean "call"?)'),
    ("number: 2, ", "", "11:11", '"number" is missing'),
    (
        "of: updateTask",
        "of: updateTasks",
        "11:27",
        'unknown operation "updateTasks" (did you mean "updateTask"?)',
    ),
    ("  - after: 500ms\n    do:", "  - do:", "15:5", "exactly one trigger: call"),
    ("  - after: 500ms", "  - after: 500ms\n    call: 1", "15:5", "exactly one trigger: call"),
    ("after: 500ms", "after: 500", "15:12", "write a number and its unit"),
    ("    do:\n      - restore-key: {server: server-01}\n", "", "15:5", '"do" is missing'),
    ("- revoke-key:", "- revoke-keys:", "13:9", 'unknown effect "revoke-keys" (did you mean "revoke-key"?)'),
    ("revoke-key: server-01", "revoke-key: server-03", "13:21", 'unknown server of this world "server-03"'),
    ("- revoke-key: server-01", "- revoke-key", "13:9", '"server" is missing'),
    ("status: offline", "status: off", "14:47", "unknown server status"),
    (", status: offline", "", "14:21", '"status" is missing'),
    ("- tasks-ended", "- task-ended", "19:5", 'unknown rule "task-ended" (did you mean "tasks-ended"?)'),
    ("- tasks-ended", "- pause-on-401", "20:5", '"pause-on-401" is expected twice'),
    ("{attempts: 30}", "{attempt: 30}", "20:20", 'unknown key "attempt" (did you mean "attempts"?)'),
    ("{attempts: 30}", "{attempts: 0}", "20:30", "0 is too small"),
    ("tasks: ended", "tasks: end", "21:16", 'unknown word "end" (did you mean "ended"?)'),
    ("quiet: 2s", "heartbeats: judged", "21:35", "add heartbeat-regular to `expect`"),
    ("quiet: 2s", "quiet: soon", "21:30", "'soon' is not a duration"),
    ("title: A title\n", "", "1:1", '"title" is missing'),
    ("about: A paragraph.", "about: ''", "2:8", "text is expected here"),
    ("expect:\n  - tasks-ended\n  -", "expect:\n  ", "19:4", "a list is expected here"),
    ("A title", "&a A title", "1:8", "anchors and aliases are not allowed"),
    ("A title", "!!python/name:os.system x", "1:8", "is not allowed"),
]


@pytest.mark.parametrize(
    ("old", "new", "place", "hint"), MISTAKES, ids=[mistake[1] or mistake[0] for mistake in MISTAKES]
)
def test_an_error_names_the_place_and_gives_a_hint(old: str, new: str, place: str, hint: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        scenario_of(old, new)
    assert str(caught.value).startswith(f"folder/my-scenario.yaml:{place}: ")
    assert hint in str(caught.value)


# Only the loader refuses these: names from elsewhere in the file, repeated names, contradictory numbers.
ONLY_LOADER = (
    "- server-01",
    "- {name: s2, key: a-key-of-mine}",
    "key: server-01",
    "count: 3, id: 6f1e2c1a-0000-4000-8000-000000000001",
    "server: server-10, status",
    "revoke-key: server-03",
    "- pause-on-401",
    "heartbeats: judged",
    "&a A title",
    "!!python/name:os.system x",
)


@pytest.mark.parametrize(
    ("old", "new"), [mistake[:2] for mistake in MISTAKES if mistake[1] not in ONLY_LOADER]
)
def test_the_schema_refuses_other_mistakes_too(
    old: str, new: str, is_valid_by_schema: Callable[[str], bool]
) -> None:
    assert is_valid_by_schema(SCENARIO)
    assert not is_valid_by_schema(SCENARIO.replace(old, new, 1))


@pytest.mark.parametrize("servers", ["[]", "{}", "''", "null"])
def test_a_world_without_servers_is_refused(servers: str) -> None:
    with pytest.raises(InvalidInputError, match=r'^x.yaml:1:29: "servers" is missing'):
        parse(f"{{title: t, about: a, world: {{servers: {servers}}}}}".encode(), name="x.yaml")


@pytest.mark.parametrize("text", [b"", b"- a", b"a", b"title: [", b"\xff", b"a: 1\n---\nb: 2"])
def test_text_that_is_no_yaml_mapping_is_refused_with_its_place(text: bytes) -> None:
    with pytest.raises(InvalidInputError, match=r"^x.yaml:\d+:\d+: "):
        parse(text, name="x.yaml")


@pytest.mark.parametrize("name", ["Key Revoked.yaml", "a--b.yaml", "-a.yaml", "ä.yaml", "a_b.yaml"])
def test_a_file_name_with_other_characters_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError, match="small letters, digits and single hyphens"):
        parse(SCENARIO.encode(), name=name)


def test_an_error_in_a_file_begins_with_its_path(tmp_path: Path) -> None:
    path = tmp_path / "my-scenario.yaml"
    path.write_text(SCENARIO, "utf-8")
    assert read(path) == scenario_of()
    path.write_text("titel: x", "utf-8")
    with pytest.raises(InvalidInputError, match=f"^{re.escape(str(path))}:1:1: "):
        read(path)


def test_the_allowed_words_come_from_the_openapi_document() -> None:
    root = worker_api().document.root
    schemas = {**root["components"]["schemas"], "TaskStatus": {"type": "string", "enum": ["begun"]}}
    spec = Api(Document({**root, "components": {**root["components"], "schemas": schemas}}))
    changed = SCENARIO.replace("queued", "begun").encode()
    assert (
        parse(changed, name="a.yaml", vocabulary=vocabulary_of(spec)).world.tasks[0].fields["status"]
        == "begun"
    )
    with pytest.raises(InvalidInputError, match="unknown task status"):
        parse(changed, name="a.yaml")
