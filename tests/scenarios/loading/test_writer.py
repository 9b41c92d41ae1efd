"""The writer of scenario files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workerkit.scenarios.library import library
from workerkit.scenarios.loading import loader
from workerkit.scenarios.loading.writer import scenario_text
from workerkit.scenarios.model.effects.tasks import AddTasks, RemoveTasks
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.model.selection import Selection


def read_again(scenario: Scenario) -> Scenario:
    return loader.parse(scenario_text(scenario).encode(), name=f"{scenario.name}.yaml")


@pytest.mark.parametrize("name", library.names())
def test_a_written_scenario_of_the_library_has_the_same_parts(name: str) -> None:
    scenario = library.find(name)
    again = read_again(scenario)
    assert replace(again, source="", when=()) == replace(scenario, when=())
    # A duration can change by a tiny part of a second, so the happenings are compared as texts.
    assert scenario_text(again) == scenario_text(scenario)
    assert [happening.trigger for happening in again.when] == [
        happening.trigger for happening in scenario.when
    ]


def test_a_scenario_is_written_as_people_write_it() -> None:
    source = """\
title: A key is refused
about: >-
  Nothing else.

world:
  seed: 7
  clock: '2025-12-01T10:00:00Z'
  dialect: {retry: automatic}
  servers:
    - server-01
    - {name: server-02, status: active}
  requests: [Spring sale]
  tasks:
    - {count: 2, server: server-01, group: ours, status: queued}

when:
  - name: refused
    asked: {what: completion, group: ours, number: 2..3}
    do:
      - add-fault: key-refused
      - revoke-key: server-01
      - cancel-tasks: this
      - remove-tasks: {group: ours}
  - after: 1.5s
    do:
      - restore-key: server-01
      - clear-faults

expect:
  - pause-on-401: {attempts: 30}

waive:
  - heartbeat-sent: the endpoint is down for good

until: {happening: refused, time: 2s}
"""
    scenario = loader.parse(source.encode(), name="a-key.yaml")
    assert scenario_text(scenario) == source


def test_a_short_form_is_used_only_for_the_value_that_it_means() -> None:
    assert RemoveTasks(Selection("this")).as_short_json() == "this"
    assert RemoveTasks(Selection(group="late")).as_short_json() == {"group": "late"}
    added = library.find("late-tasks").when[0].effects[0]
    assert isinstance(added, AddTasks)
    assert added.as_short_json() == added.as_json()
