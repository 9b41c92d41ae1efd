"""The steps for fields and parameters find faults of an independent server, and never blame a correct one."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from urllib.parse import quote

import pytest

from tests.independent.call import Record
from tests.independent.choices import Choices
from tests.independent.fault import Fault
from tests.independent.faults import FAULTS
from tests.independent.faults.fields import everywhere
from tests.independent.kinds import Kind
from tests.independent.listing import Listing, ListQuery
from tests.independent.part import Part
from tests.independent.refusal import invalid
from tests.independent.step_trial import step_ledger, step_trial
from tests.independent.variants import VARIANTS
from workerkit.contracts.fields import (
    filters,
    ownership,
    single_fields,
    sizes,
    task_texts,
    unlisted_texts,
    wrong_values,
)
from workerkit.contracts.report.cause import causes_of
from workerkit.contracts.scripted.changed_cursor import follow_changed_cursor
from workerkit.contracts.scripted.script import FIELD_STEPS, Step
from workerkit.contracts.target.plan import Writes

# Three requests list the tasks before the steps.
MOST_REQUESTS = 3 + 194
ALL_STEPS = FIELD_STEPS[Writes.ALL]
# For each kind of faults at least one: the step that finds it, the rule, and words of the message.
# `python -m benchmarks.soundness.independent` tries all.
FOUND: dict[str, tuple[Step, str, str]] = {
    "long-text-crashes": (task_texts.write_unusual_texts, "no-system-error", "a URL of 300 characters"),
    "emoji-crashes": (task_texts.write_unusual_texts, "no-system-error", "an emoji"),
    "link-cut-at255": (task_texts.write_unusual_texts, "update-links", "only the first 255 of its 300"),
    "ampersand-escaped": (task_texts.write_plain_links, "update-links", "&amp;"),
    "long-service-type-crashes": (filters.filter_by_unusual_texts, "no-system-error", "service_type"),
    "log-surrogate-crashes": (unlisted_texts.send_log_texts, "no-system-error", "a lone surrogate"),
    "foreign-task-updated-without-status": (ownership.update_foreign_fields, "update-own-only", "note"),
    "bulk-foreign-updated-without-status": (ownership.update_foreign_fields, "bulk-foreign", "alone"),
    "bulk-note-takes-list": (wrong_values.send_wrong_updates, "bad-request", "PUT /tasks/bulk"),
    "status-clears-links": (single_fields.update_single_fields, "update-links", "the request has no link_p"),
    "note-alone-refused": (single_fields.update_single_fields, "update", "with only note"),
    "complete-clears-links": (single_fields.complete_with_single_links, "update-links", "link/complete"),
    "bulk-cancelled-accepted": (wrong_values.send_wrong_updates, "update-status", "PUT /tasks/bulk"),
    "logs-take-fatal": (wrong_values.send_wrong_logs, "logs-levels", '"FATAL"'),
    "filter-takes-cancelled": (filters.filter_by_similar_statuses, "list-status", "status canceled"),
    "changed-cursor-refused": (follow_changed_cursor, "list-after", "cannot get the next page"),
    "changed-cursor-begins-again": (follow_changed_cursor, "list-after", "come before it"),
    "changed-cursor-lists-nothing": (follow_changed_cursor, "list-after", "lists nothing, but"),
    "last-cursor-begins-again": (filters.list_extreme_pages, "list-after", "after the last"),
    "large-count-crashes": (sizes.send_heartbeat_numbers, "no-system-error", "2147483648"),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_fault_is_found_and_named(name: str) -> None:
    step, rule, words = FOUND[name]
    findings, _ = step_trial([step], fault=FAULTS[name])
    assert [finding for finding in findings if finding.rule == rule and words in finding.message]


class Checked(Part):
    """Not a fault: changes or refuses texts in a way that the API page allows."""

    def checked(self, body: object, fields: Mapping[str, Kind], required: Collection[str] = ()) -> Record:
        named = super().checked(body, fields, required)
        return {name: self.field(name, value) for name, value in named.items()}

    def field(self, name: str, value: object) -> object:
        return self.text(name, value) if isinstance(value, str) and not name.endswith("_id") else value

    def text(self, name: str, value: str) -> str:
        return value


class NormalUrls(Checked):
    """Percent-encodes URLs, turns backslashes into slashes, and drops tabs and line feeds, as browsers do."""

    def text(self, name: str, value: str) -> str:
        plain = re.sub(r"[\t\n\0]", "", value.strip()).replace("\\", "/")
        return quote(plain, safe=";/?:@&=+$,~%-_.!*()") if name.startswith("link_p") else value


class SwappedLinks(Checked):
    """A fault: stores each link in the field of the other one."""

    def checked(self, body: object, fields: Mapping[str, Kind], required: Collection[str] = ()) -> Record:
        named = super().checked(body, fields, required)
        other = {"link_profile": "link_post", "link_post": "link_profile"}
        return {other.get(name, name): value for name, value in named.items()}


class PlainTexts(Checked):
    def text(self, name: str, value: str) -> str:
        if not re.fullmatch(r"[ -~À-ƿẠ-ỹ]*", value):
            raise invalid("invalid_text")
        return value


class ShortTexts(Checked):
    def text(self, name: str, value: str) -> str:
        if len(value) > 255:
            raise invalid("text_too_long")
        return value


class UrlsOnly(Checked):
    def text(self, name: str, value: str) -> str:
        if name.startswith("link_p") and not re.fullmatch(r"https?://\S+", value):
            raise invalid("invalid_url")
        if name == "ip" and not re.fullmatch(r"[0-9.]+", value):
            raise invalid("invalid_ip")
        return value


class MessageOnlyWhenFailed(Checked):
    def checked(self, body: object, fields: Mapping[str, Kind], required: Collection[str] = ()) -> Record:
        named = super().checked(body, fields, required)
        if "error_message" in named and named.get("status") != "failed":
            raise invalid("error_message_without_failure")
        return named


class ListingWithDefault(Listing):
    """Not a fault: leaves unknown statuses out of the filter, and takes the default if none is left."""

    def list_query(self, query: Mapping[str, str]) -> ListQuery:
        words = [word for word in query.get("status", "").split(",") if word in self.KNOWN]
        return super().list_query({**query, "status": ",".join(words) or self.DEFAULT_STATUS})

    KNOWN = ("pending", "queued", "running", "completed", "failed", "canceled")


class PlainTextsAndMessages(PlainTexts, MessageOnlyWhenFailed):
    pass


class ShortUrls(ShortTexts, UrlsOnly):
    def text(self, name: str, value: str) -> str:
        return UrlsOnly.text(self, name, ShortTexts.text(self, name, value))


ITEMS, WHOLE = VARIANTS["natural"], VARIANTS["strict-batches"]
HONEST: dict[str, tuple[type, Choices]] = {
    "lists-normal-forms": (everywhere(NormalUrls), ITEMS),
    "takes-plain-texts": (everywhere(PlainTextsAndMessages), WHOLE),
    "takes-short-urls": (everywhere(ShortUrls), ITEMS),
    "filters-by-default": (ListingWithDefault, WHOLE),
}
SKIPPING = Choices(logs_bad_entry="skip", log_level_case="any")


@pytest.mark.parametrize("name", HONEST)
def test_a_correct_server_has_no_findings(name: str) -> None:
    part, choices = HONEST[name]
    steps = ALL_STEPS if part is not ListingWithDefault else FIELD_STEPS[Writes.NONE]
    findings, exchanges = step_trial(steps, choices, Fault(name, "", "", part))
    assert [(finding.rule, finding.message) for finding in findings] == []
    assert len(exchanges) <= MOST_REQUESTS


class TrimmedTexts(Checked):
    def text(self, name: str, value: str) -> str:
        return value.strip()


@pytest.mark.parametrize(("part", "notes"), [(Checked, 0), (TrimmedTexts, 1)])
def test_links_that_are_listed_in_another_form_are_noted(part: type, notes: int) -> None:
    ledger, _ = step_ledger([task_texts.write_unusual_texts], ITEMS, Fault("form", "", "", everywhere(part)))
    assert ledger.findings == []
    assert ledger.notes == notes * [
        "GET /tasks lists some links in another form than they were written. They have: spaces at both ends"
    ]


def test_links_that_another_link_replaces_are_one_cause() -> None:
    """Not one cause for each operation, field and text."""
    ledger, _ = step_ledger(
        [task_texts.write_plain_links, single_fields.update_single_fields, task_texts.write_unusual_texts],
        fault=Fault("swapped", "", "", everywhere(SwappedLinks)),
    )
    assert len(ledger.findings) > 20
    assert [cause.rules for cause in causes_of(ledger)] == [("update-links",)]


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("long-text-crashes", task_texts.write_unusual_texts),
        ("bulk-foreign-updated-without-status", ownership.update_foreign_fields),
    ],
)
def test_one_mistake_in_many_fields_is_one_cause(name: str, step: Step) -> None:
    ledger, _ = step_ledger([step], fault=FAULTS[name])
    rule = FOUND[name][1]
    assert sum(finding.rule == rule for finding in ledger.findings) > 2
    assert sum(cause.finding.rule == rule for cause in causes_of(ledger)) == 1


def test_a_system_error_has_one_finding_for_each_field_and_kind_of_text() -> None:
    """The requests that only led to the cause have no finding of their own."""
    findings, exchanges = step_trial([unlisted_texts.send_log_texts], fault=FAULTS["emoji-crashes"])
    failed = [exchange for exchange in exchanges if exchange.status == 500]
    assert len(failed) == 3
    assert [(finding.rule, finding.message) for finding in findings] == [
        (
            "no-system-error",
            'POST /logs with message "https://example.com/workerkit/🎉" (an emoji) was answered 500; '
            "a server that cannot accept a value answers 400",
        )
    ]


def test_a_correct_server_that_skips_log_entries_has_no_findings() -> None:
    steps = [unlisted_texts.send_log_texts, wrong_values.send_wrong_logs]
    findings, _ = step_trial(steps, SKIPPING, Fault("short", "", "", everywhere(ShortTexts)))
    assert findings == []


@pytest.mark.parametrize("tasks", [0, 2])
def test_few_tasks_are_enough(tasks: int) -> None:
    findings, _ = step_trial(ALL_STEPS, tasks=tasks)
    assert findings == []
