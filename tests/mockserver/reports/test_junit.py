"""Tests the JUnit XML of a report."""

from __future__ import annotations

from xml.etree.ElementTree import Element, fromstring

from workerkit.mockserver.reports.junit import junit_report
from workerkit.mockserver.reports.report import CommandReport
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
    assert [(case.get("classname"), case.get("name"), case.get("time")) for case in suite] == [
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
    assert failures[0].text == "a text: a text\na text\na text\nand 4 more\na text"


def test_a_skipped_case_has_the_reason(report: CommandReport) -> None:
    assert [skipped.attrib for skipped in parsed_junit(report).iter("skipped")] == [{"message": "a text"}]


def test_the_output_of_the_command_is_included(report: CommandReport) -> None:
    assert [output.text for output in parsed_junit(report).iter("system-out")] == ["fine", "a text"]


def test_hostile_texts_stay_text(hostile_report: CommandReport) -> None:
    root = parsed_junit(hostile_report)
    assert [case.get("name") for case in root.iter("testcase")][1] == visible_text(hostile_report.title)
    assert next(root.iter("failure")).get("message") == visible_text(hostile_report.title)
