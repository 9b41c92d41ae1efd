"""Tests the JUnit XML of a report."""

from __future__ import annotations

from dataclasses import replace
from xml.etree.ElementTree import Element, fromstring

from workerkit.mockserver.reports.junit import junit_report
from workerkit.mockserver.reports.report import CommandReport, FoldedNote, ReportTable, TableCell
from workerkit.openapi.formats.visible_text import visible_text

# For each element the attributes and the children that the schema of Jenkins, junit-10.xsd, allows.
SCHEMA: dict[str, tuple[set[str], set[str]]] = {
    "testsuites": ({"name", "time", "tests", "failures", "disabled", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "time", "disabled", "skipped", "timestamp", "hostname", "id"},
        {"properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": (
        {"name", "assertions", "time", "classname", "status"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": ({"message", "type"}, set()),
    "skipped": ({"message", "type"}, set()),
    "system-out": (set(), set()),
}


def parsed_junit(report: CommandReport) -> Element:
    root = fromstring(junit_report(report))
    for xml_element in root.iter():
        attributes, children = SCHEMA[xml_element.tag]
        assert set(xml_element.keys()) <= attributes
        assert {child.tag for child in xml_element} <= children
    return root


def test_each_case_is_a_test_case(report: CommandReport) -> None:
    root = parsed_junit(report)
    assert root.attrib == {"name": "a text", "tests": "3", "failures": "1", "errors": "0", "time": "3.750"}
    (suite,) = root
    assert suite.get("skipped") == "1"
    cases = suite.findall("testcase")
    assert [(case.get("classname"), case.get("name"), case.get("time")) for case in cases] == [
        ("a.text", "good-day", "1.250"),
        ("a.text", "a text", "2.500"),
        ("a.text", "night", "0.000"),
    ]


def test_each_finding_is_a_failure_that_lists_its_exchanges(report: CommandReport) -> None:
    failures = list(parsed_junit(report).iter("failure"))
    assert [failure.attrib for failure in failures] == [
        {"message": "a text", "type": "a text"},
        {"message": "It went on.", "type": "other-rule"},
    ]
    assert failures[0].text == (
        "a text: a text\na text\na text\nand 4 more\nFrom this follows a text: a text\na text"
    )


def test_a_finding_of_a_cause_says_where_it_is_explained(report: CommandReport) -> None:
    root = parsed_junit(report)
    assert list(root.iter("failure"))[1].text == (
        "other-rule: It went on.\nThis is cause 1 in the output of the test suite."
    )
    (output,) = root[0].findall("system-out")
    assert (output.text or "").startswith("a text\n\n1. a text (a text)\n   a text\n   In a text (a text):\n")


def test_the_output_of_the_suite_has_the_notes_and_the_tables(report: CommandReport) -> None:
    table = ReportTable("What was met", ("asked",), ((TableCell("logs"),),))
    notes = (FoldedNote("2 rules were not judged", ("one", "two")),)
    root = parsed_junit(replace(report, causes=(), folded_notes=notes, tables=(table,)))
    (output,) = root[0].findall("system-out")
    assert output.text == "2 rules were not judged\n   one\n   two\nWhat was met\n   asked\n   logs"


def test_a_skipped_case_has_the_reason(report: CommandReport) -> None:
    assert [skipped.attrib for skipped in parsed_junit(report).iter("skipped")] == [{"message": "a text"}]


def test_the_output_of_the_command_is_included(report: CommandReport) -> None:
    outputs = [case.findtext("system-out") for case in parsed_junit(report).iter("testcase")]
    assert outputs == ["fine", "a text", None]


def test_hostile_texts_stay_text(hostile_report: CommandReport) -> None:
    root = parsed_junit(hostile_report)
    assert [case.get("name") for case in root.iter("testcase")][1] == visible_text(hostile_report.title)
    assert next(root.iter("failure")).get("message") == visible_text(hostile_report.title)
