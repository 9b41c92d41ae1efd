"""The HTML report in a real page, opened from disk."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.mockserver.docs_page.axe import axe_findings
from tests.mockserver.docs_page.browser import CHROMIUM, Page
from workerkit.mockserver.reports.html.html_page import html_report
from workerkit.mockserver.reports.report import (
    Case,
    CommandReport,
    Outcome,
    ReportCause,
    ReportCommand,
    ReportFinding,
)
from workerkit.mockserver.reports.timeline import (
    ExchangeBodies,
    StatusPeriod,
    TaskLane,
    Tick,
    Timeline,
    TimelineRow,
    TimelineRowKind,
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: install the package chromium")
KEYS = {"ArrowDown": 40, "ArrowUp": 38, "End": 35, "Tab": 9, "Enter": 13, "Escape": 27}
TASKS = ("task-one", "task-two")
Open = Callable[..., None]


def exchange(number: int, answer: str = "200", *rules: str, **statuses: int) -> TimelineRow:
    text = f"PUT /tasks/{number}"
    why = "it is closed" if answer == "409" else ""
    numbers = number, number, 1
    return TimelineRow(
        TimelineRowKind.EXCHANGE, number / 10, text, *numbers, answer, why, statuses=statuses, rules=rules
    )


def run() -> Timeline:
    """Returns a run in which two tasks become completed, in exchange 2 and in exchange 9."""
    rows = (
        exchange(1, pending=2),
        exchange(2, pending=1, completed=1),
        TimelineRow(TimelineRowKind.EVENT, 0.25, "outage begins", statuses={"pending": 1, "completed": 1}),
        exchange(3, "409", "no-repeat", pending=1, completed=1),
        TimelineRow(
            TimelineRowKind.REPEATED, 0.4, "PUT /tasks/{id}", 4, 8, 5, "500", statuses={"pending": 1}
        ),
        TimelineRow(TimelineRowKind.GAP, 0.0, "7 exchanges are left out here"),
        exchange(9, "200", completed=2),
    )
    lanes = tuple(
        TaskLane(task, (StatusPeriod("pending", 0.0, at), StatusPeriod("completed", at, 1.0, number)))
        for task, at, number in zip(TASKS, (0.2, 0.9), (2, 9), strict=True)
    )
    events = ((0.25, "outage begins"),)
    return Timeline(1.0, rows, lanes, 0, (Tick(0.3, 4, broke_rule=True),), events, bodies)


def bodies(number: int) -> ExchangeBodies:
    return ExchangeBodies('{"status":"completed"}', "the task is closed" if number == 3 else "")


def small_report() -> CommandReport:
    finding = ReportFinding(
        "no-repeat", "It was sent again.", ("#3 at 0.300 s: PUT /tasks/3 -> 409",), cause=1
    )
    other = ReportFinding("heartbeat", "No heartbeat came.", cause=2)
    cases = (
        Case("good-day", Outcome.PASS, "A day", 1.0, 9, timeline=run(), output="fine"),
        Case(
            "closed", Outcome.FAIL, "A task is closed", 1.0, 9, (finding, other), timeline=run(), output="no"
        ),
        Case("outage", Outcome.FAIL, "The API is away", 1.0, 9, (other,), timeline=run()),
    )
    causes = (
        ReportCause(finding, "in 1 scenario", ("closed",), "closed"),
        ReportCause(other, "in 2 scenarios", ("closed", "outage")),
    )
    return CommandReport("workerkit exec", "fail", 3.0, cases, causes=causes, causes_heading="Fix first: 2.")


@pytest.fixture
def show(page: Page, tmp_path: Path) -> Open:
    """Writes a report and opens it at a fragment."""

    def show_report(report: CommandReport, fragment: str = "", width: int = 1440) -> None:
        path = tmp_path / "report.html"
        path.write_bytes(html_report(report))
        page.open(f"{path.as_uri()}{fragment}", width=width)
        page.wait_for("document.body?.classList.contains('with-script')")

    return show_report


def press(page: Page, *keys: str) -> None:
    for key in keys:
        text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
        code = {"windowsVirtualKeyCode": KEYS[key]} if key in KEYS else {}
        page.command("Input.dispatchKeyEvent", type="keyDown", key=key, **text, **code)
        page.command("Input.dispatchKeyEvent", type="keyUp", key=key, **code)


def type_into(page: Page, field: str, value: str) -> None:
    script = f"document.querySelector({json.dumps(field)})"
    page.value(
        f"{script}.value = {json.dumps(value)}, {script}.dispatchEvent(new Event('input', {{bubbles: true}}))"
    )


def shown_text(page: Page) -> str:
    return str(page.value("document.querySelector('main').innerText"))


def moment(page: Page) -> str:
    """The text about the chosen exchange, in one line."""
    return " ".join(page.value("document.querySelector('.case:not([hidden]) .moment').innerText").split())


def shown_cases(page: Page) -> str:
    return str(
        page.value("[...document.querySelectorAll('nav li[data-case]:not([hidden]) a')].map(a => a.text)+''")
    )


def test_the_page_opens_at_its_causes_without_errors(page: Page, show: Open) -> None:
    show(small_report())
    assert shown_text(page).startswith("Fix first: 2.")
    assert "A task is closed" not in shown_text(page)
    assert page.errors == []
    assert [url for url in page.requested if not url.startswith("file:")] == []


def test_a_link_leads_from_a_cause_to_the_exchange_and_the_states_of_all_tasks(
    page: Page, show: Open
) -> None:
    show(small_report())
    page.value("document.querySelector('#cause-1 pre a').click()")
    page.wait_for("location.hash === '#case-1/3' && document.querySelector('.mark') !== null")
    assert moment(page) == (
        "Copy #3 at 0.300 s PUT /tasks/3 answer: 409 Why: it is closed ✗ broke no-repeat "
        'Body of the request { "status": "completed" } Body of the answer the task is closed '
        "Tasks at this moment 1 pending task-two 1 completed task-one"
    ).replace("Copy #3 at 0.300 s", "#3 at 0.300 s Copy")


@pytest.mark.parametrize(
    ("fragment", "text"),
    [("#finding-1-1", "No heartbeat came."), ("#case-2", "The API is away"), ("#case-1/6", "5 times PUT")],
)
def test_an_address_with_a_fragment_opens_its_part(page: Page, show: Open, fragment: str, text: str) -> None:
    show(small_report(), fragment)
    assert text in shown_text(page)
    assert "Fix first" not in shown_text(page)


@pytest.mark.parametrize("fragment", ["#case-99", "#case-1/99", "#../x", "#%3Cimg%3E", "#data"])
def test_an_unknown_fragment_does_no_harm(page: Page, show: Open, fragment: str) -> None:
    show(small_report(), fragment)
    assert shown_text(page)
    assert page.errors == []


def test_everything_can_be_reached_with_the_keyboard_alone(page: Page, show: Open) -> None:
    show(small_report())
    press(page, "n")
    assert page.value("location.hash") == "#finding-1-0"
    press(page, "n", "n")
    assert page.value("location.hash") == "#finding-2-0"
    press(page, "p", "[", "[")
    assert page.value("location.hash") == "#case-0"
    assert "#3 at 0.300 s" in moment(page)  # the first that broke a rule
    press(page, "k", "k")
    assert moment(page).endswith("1 pending task-two 1 completed task-one")
    press(page, "j")
    assert "outage begins" in moment(page)
    page.value("document.querySelector('.case:not([hidden]) [role=listbox]').focus()")
    press(page, "End")
    assert moment(page).endswith("2 completed task-one task-two")
    press(page, "ArrowUp")
    assert "#4 to #8 at 0.400 s" in moment(page)
    press(page, "]")
    assert page.value("location.hash") == "#case-1"
    press(page, "/")
    assert page.value("document.activeElement.name") == "text"
    press(page, "n", "Escape")
    assert page.value("[location.hash, document.querySelector('#overview').hidden]") == [
        "#overview",
        False,
    ]


def test_the_keys_can_be_turned_off(page: Page, show: Open) -> None:
    show(small_report())
    page.value("document.querySelector('.keys').open = true")
    page.value("document.querySelector('.keys input').click()")
    press(page, "n", "Escape")
    page.wait_for("location.hash === '#overview'")


def test_filters_choose_cases_by_text_verdict_and_rule(page: Page, show: Open) -> None:
    show(small_report())
    assert shown_cases(page) == "good-day,closed,outage"
    for name, value, cases in (
        ("outcome", "FAIL", "closed,outage"),
        ("rule", "no-repeat", "closed"),
        ("rule", "", "closed,outage"),
        ("text", "away", "outage"),
    ):
        type_into(page, f"nav [name={name}]", value)
        assert shown_cases(page) == cases
    assert page.value("document.querySelectorAll('.cases tbody tr:not([hidden])').length") == 1


def test_filters_choose_lines_of_a_run(page: Page, show: Open) -> None:
    show(small_report(), "#case-1")
    for name, value, count in (
        ("kind", "broken", 1),
        ("kind", "failed", 1),
        ("kind", "", 6),
        ("text", "409", 1),
    ):
        type_into(page, f".case:not([hidden]) [name={name}]", value)
        status = "document.querySelector('.case:not([hidden]) [role=status]').textContent"
        assert page.value(status) == f"{count} of 6 lines"


def test_a_click_on_the_picture_chooses_the_nearest_line(page: Page, show: Open) -> None:
    show(small_report(), "#case-1")
    page.value(
        "chart = document.querySelector('.case:not([hidden]) .chart'), box = chart.getBoundingClientRect(),"
        "chart.dispatchEvent(new MouseEvent('click', {clientX: box.left + .97 * box.width, bubbles: true}))"
    )
    assert moment(page).startswith("#9 at 0.900 s")


def test_buttons_copy_texts_and_links(page: Page, show: Open) -> None:
    show(small_report(), "#finding-1-0")
    page.value("document.addEventListener('copy', () => window.copied = getSelection().toString())")
    page.value("navigator.clipboard.writeText = async text => { window.copied = text }")
    page.value("document.querySelector('#finding-1-0 .copy').click()")
    page.wait_for("window.copied?.endsWith('report.html#finding-1-0')")
    page.value("document.querySelector('#finding-1-0 pre').previousElementSibling.click()")
    page.wait_for("window.copied === '#3 at 0.300 s: PUT /tasks/3 -> 409'")


@pytest.mark.parametrize("width", [360, 768, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_view_is_wider_than_the_screen(
    page: Page, show: Open, hostile_report: CommandReport, width: int, scheme: str
) -> None:
    command = ReportCommand(7, "curl " + 300 * "x", "answer: 200")
    findings = (ReportFinding(200 * "r", 300 * "y", commands=(command,)),)
    report = replace(
        hostile_report, cases=(*hostile_report.cases, Case("long", Outcome.FAIL, findings=findings))
    )
    show(report, "#overview", width)
    page.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    for view in ("overview", "case-0", "case-1", "case-1/2", "case-3"):
        page.value(f"location.hash = '{view}'")
        page.wait_for(f"document.getElementById('{view.partition('/')[0]}').checkVisibility()")
        assert page.value("document.documentElement.scrollWidth") <= width, view


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_view(page: Page, show: Open, scheme: str) -> None:
    report = small_report()
    lanes = tuple(replace(run().lanes[0], task=f"task-{number}") for number in range(60))
    many = Case("many", Outcome.FAIL, timeline=replace(run(), lanes=lanes))  # the picture scrolls
    show(replace(report, cases=(*report.cases, many)))
    page.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    for view in ("overview", "case-0", "case-1/3", "case-3"):
        page.value(f"location.hash = '{view}'")
        page.wait_for(f"document.getElementById('{view.partition('/')[0]}').checkVisibility()")
        assert axe_findings(page) == [], view


def test_json_that_was_cut_is_on_several_lines_as_well(page: Page, show: Open) -> None:
    cut = '{"data":[{"id":"a,b","config":"{\\"x\\":1}","details":{}},{"id":"c…'
    timeline = replace(run(), bodies_of=lambda number: ExchangeBodies("", cut))
    case = replace(small_report().cases[1], timeline=timeline)
    show(replace(small_report(), cases=(case,)), "#case-0/1")
    assert page.value("document.querySelector('.moment pre').textContent").split("\n") == [
        *("{", '  "data": [', "    {", '      "id": "a,b",', r'      "config": "{\"x\":1}",'),
        *('      "details": {}', "    },", "    {", '      "id": "c…'),
    ]


def test_hostile_texts_are_shown_and_do_not_act(
    page: Page, show: Open, hostile_report: CommandReport
) -> None:
    show(hostile_report, "#case-1/1")
    assert page.errors == []
    assert "<script>alert(1)</script>" in moment(page)
    bodies = page.value("[...document.querySelectorAll('.moment pre')].map(pre => pre.textContent)")
    assert [body.startswith("<script>alert(1)</script>") for body in bodies] == [True, True]
    assert page.value("document.querySelector('main img, main script')") is None
    assert (
        page.value(r"/[\u0000-\u0008\u001b\ufffe\uffff]/.test(document.documentElement.outerHTML)") is False
    )


def test_the_page_of_a_long_run_stays_small_and_short(page: Page, show: Open) -> None:
    """Sixty failed cases, each with 160 lines and 100 tasks."""
    rows = tuple(exchange(number, "409", "no-repeat", pending=number) for number in range(1, 161))
    lanes = tuple(
        TaskLane(f"{number:036}", (StatusPeriod("pending", 0, 1), StatusPeriod("completed", 1, 2, number)))
        for number in range(100)
    )
    lines = tuple(
        f"#{number} at 0.300 s: PUT /api/v1/worker/tasks/{number:036} -> 409" for number in range(60)
    )
    timeline = Timeline(20.0, rows, lanes, 0, tuple(Tick(n / 20, 4, broke_rule=True) for n in range(400)))
    case = replace(
        small_report().cases[1],
        findings=(ReportFinding("no-repeat", "It was sent again.", lines, cause=1),),
        timeline=timeline,
        output=5000 * "line\n",
    )
    cases = tuple(replace(case, name=f"case {number}") for number in range(60))
    report = replace(small_report(), cases=cases)
    assert len(html_report(report)) < 2**20
    long = replace(timeline, bodies_of=lambda number: ExchangeBodies(f"{number}:" + 700 * '<"\n'))
    report = replace(report, cases=tuple(replace(one, timeline=long) for one in cases))
    assert len(html_report(report)) < 2**20
    show(report)
    assert shown_text(page).startswith("Fix first: 2.")
    assert page.value("document.documentElement.scrollHeight") < 10_000
    page.value("location.hash = 'case-59/160'")
    page.wait_for("document.querySelector('.case:not([hidden]) .moment')?.innerText.includes('#160 at')")
    assert "The page has no room for these bodies." in moment(page)
    assert page.value("document.documentElement.scrollHeight") < 10_000


def test_print_shows_whole_texts_and_no_controls(page: Page, show: Open) -> None:
    show(small_report(), "#case-1")
    page.command("Emulation.setEmulatedMedia", media="print")
    assert page.value("document.querySelector('nav').checkVisibility()") is False
    assert page.value("getComputedStyle(document.querySelector('.exchanges')).maxHeight") == "none"
    assert "No heartbeat came." in shown_text(page)


def test_without_javascript_causes_and_findings_can_be_read(page: Page, show: Open) -> None:
    show(small_report())
    page.command("Emulation.setScriptExecutionDisabled", value=True)
    page.command("Page.reload")
    page.wait_for("document.readyState === 'complete' && !document.body.classList.contains('with-script')")
    text = shown_text(page)
    assert text.index("Fix first") < text.index("It was sent again.") < text.index("A task is closed")
    page.value("document.querySelectorAll('details').forEach(details => details.open = true)")
    assert shown_text(page).count("No heartbeat came.") == 3
