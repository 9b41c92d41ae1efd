"""Writes the findings of a report as annotations for GitHub Actions: each becomes one line in the run."""

from __future__ import annotations

from collections.abc import Mapping

from workerkit.mockserver.reports.report import CommandReport, Outcome
from workerkit.openapi.formats.visible_text import visible_text

# GitHub shows no more of one step.
_MAX_ANNOTATIONS = 10
_MAX_LENGTH = 1000
_IN_MESSAGES = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_TITLES = {**_IN_MESSAGES, **str.maketrans({":": "%3A", ",": "%2C"})}


def annotation_lines(report: CommandReport, environment: Mapping[str, str]) -> list[str]:
    """The lines that annotate a run of GitHub Actions. Empty outside of GitHub Actions.

    Each broken rule has one annotation, with the first case in which it was broken.

    environment: the environment variables.
    """
    if environment.get("GITHUB_ACTIONS") != "true":
        return []
    messages: dict[str, str] = {}
    for case in report.cases_with(Outcome.FAIL):
        for finding in case.findings:
            messages.setdefault(finding.rule, f"{case.name}: {finding.message}")
    return [_line(rule, message) for rule, message in list(messages.items())[:_MAX_ANNOTATIONS]]


def _line(rule: str, message: str) -> str:
    title = f"workerkit: {rule}".translate(_IN_TITLES)
    text = visible_text(message)[:_MAX_LENGTH].translate(_IN_MESSAGES)
    return f"::error title={title}::{text}"
