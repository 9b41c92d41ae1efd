"""CHANGELOG has the form of Keep a Changelog."""

from __future__ import annotations

import re
from pathlib import Path

TEXT = (Path(__file__).parents[2] / "CHANGELOG.md").read_text("utf-8")
RELEASE = re.compile(r"\[\d+\.\d+\.\d+\] - (?:\d{4}-\d\d-\d\d|not yet released)")
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_newest_changes_are_unreleased_and_each_release_has_its_version_and_day() -> None:
    newest, *releases = re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
    assert newest == "[Unreleased]"
    assert releases[-1].startswith("[1.0.0] - ")
    assert [release for release in releases if not RELEASE.fullmatch(release)] == []


def test_each_part_says_what_kind_of_change_it_has() -> None:
    parts = re.findall(r"^### (.+)$", TEXT, re.MULTILINE)
    assert parts
    assert [part for part in parts if part.split(":")[0] not in KINDS] == []
