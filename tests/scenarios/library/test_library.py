from __future__ import annotations

from pathlib import Path

import pytest

from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.scenarios.library import library
from workerkit.scenarios.model.effects import RestoreKey, RevokeKey

BARE = "{title: t, about: a, world: {servers: [s1]}}"


@pytest.mark.parametrize("name", library.names())
def test_each_scenario_of_the_library_is_understood_and_explained(name: str) -> None:
    scenario = library.find(name)
    assert scenario.name == name
    assert len(scenario.about.split()) >= 60
    assert "\n" not in scenario.title
    assert not scenario.title.endswith(".")
    assert any(group.server == scenario.world.worker.name for group in scenario.world.tasks)


def test_no_two_scenarios_tell_the_same() -> None:
    scenarios = [library.find(name) for name in library.names()]
    assert len(scenarios) >= 36
    assert len({scenario.title for scenario in scenarios}) == len(scenarios)
    assert len({scenario.world.seed for scenario in scenarios}) == len(scenarios)


def test_the_revoked_key_is_the_workers_own_and_works_again() -> None:
    scenario = library.find("key-revoked")
    own = scenario.world.worker.name
    assert [happening.effects for happening in scenario.when] == [(RevokeKey(own),), (RestoreKey(own),)]


def test_an_unknown_name_is_told_with_the_closest() -> None:
    with pytest.raises(library.NoSuchScenarioError, match=r'"key-revokd" \(did you mean "key-revoked"\?\)'):
        library.find("key-revokd")


def test_a_name_that_is_near_to_none_is_told_with_all() -> None:
    with pytest.raises(library.NoSuchScenarioError, match=r"; there are .*key-revoked"):
        library.find("xyz")


def test_a_users_own_file_is_found_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.yaml").write_text(BARE, "utf-8")
    monkeypatch.chdir(tmp_path)
    assert library.find("mine.yaml") == library.find(str(tmp_path / "mine.yaml"))


@pytest.mark.parametrize("path", ["nowhere.yaml", "nowhere.yml", "no/where", "./key-revoked"])
def test_a_file_that_is_not_there_is_told_by_its_path(path: str) -> None:
    with pytest.raises(library.NoSuchScenarioError, match=f"^{Path(path)}: No such file"):
        library.find(path)


def test_a_users_file_with_a_mistake_is_told_by_its_path_and_line(tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text("\ntitle: t\nabout: a\n", "utf-8")
    with pytest.raises(InvalidInputError, match=r"mine.yml:2:1: "):
        library.find(f"{tmp_path}/mine.yml")
