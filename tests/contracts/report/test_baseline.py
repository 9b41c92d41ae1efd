"""A baseline is a JSON report of `workerkit conform`. Every other file is refused in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.report.test_text import report
from workerkit.contracts.page.rules import RULES, RuleStatus
from workerkit.contracts.report.baseline import BadBaselineError, read_baseline

Report = dict[str, Any]


def written(tmp_path: Path, change: Callable[[Report], Any] = lambda _: None) -> str:
    """The name of a report file, in which a test may have changed something."""
    value = json.loads(json.dumps(report().as_json()))
    change(value)
    path = tmp_path / "old.json"
    path.write_text(json.dumps(value), "utf-8")
    return str(path)


def test_a_report_is_a_baseline(tmp_path: Path) -> None:
    fields = {"listTasks": {"200": {"total": ["integer"]}}}
    baseline = read_baseline(written(tmp_path, lambda value: value.update(fields=fields)))
    assert baseline.statuses == {rule.id: RuleStatus.KEPT for rule in RULES}
    assert baseline.silences["last-cursor"] == "null"
    assert baseline.silences["list-order"] is None
    assert baseline.fields == {"listTasks": {"200": {"total": ("integer",)}}}
    assert (baseline.target, baseline.end_reason) == ("http://host/api/v1/worker", "")


def test_a_report_of_an_old_version_has_no_fields(tmp_path: Path) -> None:
    assert read_baseline(written(tmp_path, lambda value: value.pop("fields"))).fields == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda value: value.pop("rules"), "the file has no rules"),
        (lambda value: value.update(rules={}), "/rules is not a list"),
        (lambda value: value["rules"].insert(0, 7), "/rules/0 is not an object"),
        (lambda value: value["rules"][3].pop("id"), "/rules/3 has no id"),
        (
            lambda value: value["rules"][3].update(status="good"),
            "/rules/3/status is 'good', expected kept or broken or untested",
        ),
        (lambda value: value.pop("target"), "the file has no target"),
        (lambda value: value.update(silences=[]), "/silences is not an object"),
        (lambda value: value.update(silences={"retry": 3}), "/silences/retry is not a text"),
        (lambda value: value.update(ended=None), "the file has no ended"),
        (lambda value: value.update(fields={"list": {"200": []}}), "/fields/list/200 is not an object"),
        (
            lambda value: value.update(fields={"list": {"200": {"a": ["int"]}}}),
            "/fields/list/200/a/0 is 'int', expected array or boolean",
        ),
    ],
)
def test_another_form_is_refused_with_its_place(
    tmp_path: Path, change: Callable[[Report], Any], message: str
) -> None:
    name = written(tmp_path, change)
    with pytest.raises(BadBaselineError) as refused:
        read_baseline(name)
    text = str(refused.value)
    assert text.startswith(f"--baseline {name}: {message}")
    assert ": give a report of workerkit conform --json FILE. " in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "No such file"), ("{", "is not JSON: "), ("[]", "the file is not an object")],
)
def test_a_file_that_is_no_report_is_refused(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "old.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(BadBaselineError, match=message):
        read_baseline(str(path))
