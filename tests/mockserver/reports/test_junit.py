"""A report as JUnit XML."""

from __future__ import annotations

from xml.etree.ElementTree import Element, fromstring

from workerkit.mockserver.reports.junit import as_junit
from workerkit.mockserver.reports.markup import legal
from workerkit.mockserver.reports.report import CommandReport

# What Jenkins's schema, junit-10.xsd, allows: the attributes and the children of each element.
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


def parsed(report: CommandReport) -> Element:
    root = fromstring(as_junit(report))
    for each in root.iter():
        attributes, children = SCHEMA[each.tag]
        assert set(each.keys()) <= attributes
        assert {child.tag for child in each} <= children
    return root


def test_each_case_is_a_test_case_with_its_counts(report: CommandReport) -> None:
    root = parsed(report)
    assert root.attrib == {"name": "a text", "tests": "3", "failures": "1", "errors": "0", "time": "3.750"}
    (suite,) = root
    assert suite.get("skipped") == "1"
    assert [(case.get("classname"), case.get("name"), case.get("time")) for case in suite] == [
        ("a.text", "good-day", "1.250"),
        ("a.text", "a text", "2.500"),
        ("a.text", "night", "0.000"),
    ]


def test_each_finding_is_a_failure_with_its_exchanges(report: CommandReport) -> None:
    failures = list(parsed(report).iter("failure"))
    assert [failure.attrib for failure in failures] == [
        {"message": "a text", "type": "a text"},
        {"message": "It went on.", "type": "other-rule"},
    ]
    assert failures[0].text == "a text: a text\na text\na text\nand 4 more\na text"


def test_a_case_that_was_skipped_says_why(report: CommandReport) -> None:
    assert [each.attrib for each in parsed(report).iter("skipped")] == [{"message": "a text"}]


def test_what_the_command_printed_is_there(report: CommandReport) -> None:
    assert [each.text for each in parsed(report).iter("system-out")] == ["fine", "a text"]


def test_hostile_texts_stay_texts(hostile: CommandReport) -> None:
    root = parsed(hostile)
    assert [case.get("name") for case in root.iter("testcase")][1] == legal(hostile.title)
    assert next(root.iter("failure")).get("message") == legal(hostile.title)
