"""Sentence reports. Every sentence of the API page has rules or silences, or a reason why it has none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from workerkit.contracts.page.rules import RULE_IDS, RULES, RuleStatus
from workerkit.contracts.report.rule_report import RuleReport
from workerkit.contracts.report.sentence_report import SentenceStatus, sentence_reports
from workerkit.contracts.report.silence_report import SilenceReport
from workerkit.openapi.page.page import Section, Sentence, page_sections
from workerkit.openapi.spec.silence import silences

PAGE = (Path(__file__).parents[1] / "worker-api.txt").read_text("utf-8")
# Lines of an example (a curl command, a body, an answer) begin with one of these. So do lines of a table.
EXAMPLE_STARTS = ("{", "}", '"', "]", "-", "curl", "|---", "# ")
# Lines above a table or an example begin with one of these.
CAPTION_STARTS = (
    "Endpoints#",
    "Request Body:",
    "Query Parameters:",
    "Response:",
    "| Field |",
    "| Tham số |",
)
SENTENCES = [sentence for section in page_sections() for sentence in section.sentences]
SILENCE_REPORTS = [SilenceReport(silence, None, None, "no request shows it") for silence in silences()]


def texts(section: Section) -> list[str]:
    """The heading and the sentences. A heading that promises something is also a sentence."""
    return list(dict.fromkeys([section.heading, *(sentence.text for sentence in section.sentences)]))


def test_page_yaml_has_every_line_of_the_api_page_in_its_order() -> None:
    rest, skipped = PAGE, ""
    for text in (text for section in page_sections() for text in texts(section)):
        before, found, rest = rest.partition(text)
        assert found, f"not on the API page, or not at this place: {text}"
        skipped += before + "\n"
    lines = [line.strip() for line in (skipped + rest).splitlines() if line.strip(" #")]
    assert [line for line in lines if not line.startswith((*EXAMPLE_STARTS, *CAPTION_STARTS))] == []


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence.text)
def test_a_sentence_has_rules_or_silences_or_a_reason(sentence: Sentence) -> None:
    assert bool(sentence.rules or sentence.silences) != bool(sentence.no_promise)
    assert set(sentence.rules) <= RULE_IDS
    assert set(sentence.silences) <= set(silences())
    assert sentence.gist.isascii()


def test_every_silence_belongs_to_a_sentence() -> None:
    assert {silence for sentence in SENTENCES for silence in sentence.silences} == set(silences())


def untested_rules() -> dict[str, RuleReport]:
    return {rule.id: RuleReport(rule, RuleStatus.UNTESTED, "needs --other-api-key") for rule in RULES}


def status_and_why(rules: dict[str, RuleReport], start: str) -> tuple[SentenceStatus, tuple[str, ...]]:
    """Status and reason of the sentence that begins with `start`."""
    reports = sentence_reports(list(rules.values()), SILENCE_REPORTS)
    return next((report.status, report.why) for report in reports if report.sentence.text.startswith(start))


def test_a_sentence_is_broken_if_one_rule_is_broken_and_kept_if_one_rule_is_kept() -> None:
    rules, ip, name = untested_rules(), "ip |", "server_name |"
    assert status_and_why(rules, name) == (SentenceStatus.UNTESTED, ("needs --other-api-key",))
    rules["heartbeat"] = replace(rules["heartbeat"], status=RuleStatus.KEPT, why="")
    assert status_and_why(rules, ip) == (SentenceStatus.KEPT, ())
    untested_text = "heartbeat-name is untested: needs --other-api-key"
    assert status_and_why(rules, name) == (SentenceStatus.KEPT, (untested_text,))
    rules["heartbeat-name"] = replace(rules["heartbeat-name"], status=RuleStatus.BROKEN, why="another name")
    assert status_and_why(rules, ip) == (SentenceStatus.KEPT, ())
    assert status_and_why(rules, name) == (SentenceStatus.BROKEN, ("heartbeat-name: another name",))


def test_a_sentence_without_rules_is_left_open_or_promises_nothing() -> None:
    status, why = status_and_why(untested_rules(), "→ failed")
    assert (status, why[0]) == (SentenceStatus.LEFT_OPEN, "retry: not seen (no request shows it)")
    assert status_and_why(untested_rules(), "Base URL")[0] is SentenceStatus.NO_PROMISE
