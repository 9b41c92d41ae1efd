from __future__ import annotations

from pathlib import Path

import pytest

from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.scenarios.library import library
from workerkit.scenarios.library.titles import titles
from workerkit.scenarios.model.effects.keys import RestoreKey, RevokeKey

BARE = "{title: t, about: a, world: {servers: [s1]}}"


@pytest.mark.parametrize("name", library.names())
def test_every_scenario_of_the_library_is_read_and_has_an_explanation(name: str) -> None:
    scenario = library.find(name)
    assert scenario.name == name
    assert len(scenario.about.split()) >= 60
    assert "\n" not in scenario.title
    assert not scenario.title.endswith(".")
    assert any(group.server == scenario.world.worker_server.name for group in scenario.world.tasks)


def test_titles_and_seeds_of_scenarios_are_different() -> None:
    scenarios = [library.find(name) for name in library.names()]
    assert len(scenarios) >= 36
    assert len({scenario.title for scenario in scenarios}) == len(scenarios)
    assert len({scenario.world.seed for scenario in scenarios}) == len(scenarios)


def test_key_revoked_revokes_and_restores_the_workers_key() -> None:
    scenario = library.find("key-revoked")
    own = scenario.world.worker_server.name
    assert [happening.effects for happening in scenario.when] == [(RevokeKey(own),), (RestoreKey(own),)]


def test_an_error_for_an_unknown_name_names_the_closest() -> None:
    with pytest.raises(library.NoSuchScenarioError, match=r'"key-revokd" \(did you mean "key-revoked"\?\)'):
        library.find("key-revokd")


def test_an_error_for_a_name_that_is_not_close_to_any_names_all() -> None:
    with pytest.raises(library.NoSuchScenarioError, match=r"; the scenarios are .*key-revoked"):
        library.find("xyz")


def test_a_users_own_file_is_found_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.yaml").write_text(BARE, "utf-8")
    monkeypatch.chdir(tmp_path)
    assert library.find("mine.yaml") == library.find(str(tmp_path / "mine.yaml"))


@pytest.mark.parametrize("path", ["nowhere.yaml", "nowhere.yml", "no/where", "./key-revoked"])
def test_an_error_for_a_missing_file_names_its_path(path: str) -> None:
    with pytest.raises(library.NoSuchScenarioError, match=f"^{Path(path)}: No such file"):
        library.find(path)


def test_an_error_in_a_users_file_names_its_path_and_line(tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text("\ntitle: t\nabout: a\n", "utf-8")
    with pytest.raises(InvalidInputError, match=r"mine.yml:2:1: "):
        library.find(f"{tmp_path}/mine.yml")


def test_the_titles_are_those_of_the_scenarios() -> None:
    assert titles() == {name: library.find(name).title for name in library.names()}
