"""The report of a command. Each writer of this folder writes it in one format."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from workerkit.mockserver.reports.timeline import Timeline
from workerkit.openapi.languages.phrase import counted_phrase, joined, phrase


def more_phrase(count: int) -> str:
    """Returns the last line of a list that leaves some things out: `and 3 more`."""
    return phrase("and {count} more", count=count)


class Outcome(StrEnum):
    """The result of a case. `skip`: the case could not be tested."""

    PASS = "pass"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class ReportCommand:
    """An exchange that a reader can repeat.

    number: the number of the exchange.
    command: a command for a shell that sends the request again.
    answer: the answer in one line.
    """

    number: int
    command: str
    answer: str


@dataclass(frozen=True, slots=True)
class ReportFinding:
    """A broken rule.

    rule: the id of the rule.
    message: what is wrong. Can be understood without the other fields.
    lines: the exchanges that broke the rule, one line for each, in the order of time.
    more: how many further exchanges broke the rule and are not in `lines`.
    commands: the same exchanges with a command for each. Empty if they cannot be repeated by a command.
    cause: the number of the cause in `CommandReport.causes` that explains this finding in full. The first
        cause has the number 1. 0 if no cause does.
    followers: rules that are broken only because this rule is broken.
    """

    rule: str
    message: str
    lines: tuple[str, ...] = ()
    more: int = 0
    commands: tuple[ReportCommand, ...] = ()
    cause: int = 0
    followers: tuple[ReportFinding, ...] = ()

    def first_lines(self, limit: int) -> list[str]:
        """Returns at most `limit` lines. If some are left out, a last line says how many."""
        left_out = max(0, len(self.lines) - limit) + self.more
        return [*self.lines[:limit], *([more_phrase(left_out)] if left_out else [])]

    @property
    def follower_texts(self) -> list[str]:
        """A sentence for each follower: `From this follows tasks-ended: 3 of 4 tasks ...`."""
        return [
            phrase("From this follows {rule}: {message}", rule=finding.rule, message=finding.message)
            for finding in self.followers
        ]


@dataclass(frozen=True, slots=True)
class Case:
    """One test of a run, for example a scenario or a rule.

    name: the id of the scenario or the rule.
    title: a sentence that describes the test.
    seconds: how long the test took. None if this was not measured.
    requests: how many requests the test needed. None if this was not counted.
    findings: the broken rules.
    notes: further information, for example why the case was skipped.
    output: what the tested command printed. None if no command was started.
    timeline: None for cases without a timeline.
    remark: what a reader must know about the outcome, in a few words. May be empty.
    """

    name: str
    outcome: Outcome
    title: str = ""
    seconds: float | None = None
    requests: int | None = None
    findings: tuple[ReportFinding, ...] = ()
    notes: tuple[str, ...] = ()
    output: str | None = None
    timeline: Timeline | None = None
    remark: str = ""

    @property
    def count_columns(self) -> tuple[str, str]:
        """The seconds and the requests as texts for table columns. An unknown number is an empty text."""
        seconds = "" if self.seconds is None else f"{self.seconds:.1f}"
        return seconds, "" if self.requests is None else str(self.requests)

    @property
    def counts_text(self) -> str:
        """The seconds and the requests in one text, `1.2 s, 34 requests`. Empty if both are unknown."""
        seconds, _ = self.count_columns
        count = self.requests
        counted = "" if count is None else counted_phrase(count, "{count} request", "{count} requests")
        return joined(", ", filter(None, (f"{seconds} s" if seconds else "", counted)))

    @property
    def broken_rules(self) -> str:
        """The ids of the broken rules, separated by commas. Each id occurs once."""
        return ", ".join(dict.fromkeys(finding.rule for finding in self.findings))

    @property
    def is_explained(self) -> bool:
        """Whether causes of the report explain all findings of the case."""
        return bool(self.findings) and all(finding.cause for finding in self.findings)

    @property
    def findings_text(self) -> str:
        """The messages of the findings and the notes, in one line."""
        return joined("; ", [*(finding.message for finding in self.findings), *self.notes])


@dataclass(frozen=True, slots=True)
class ReportSentence:
    """A sentence of the API page and its result.

    text: the sentence in Vietnamese, as on the API page.
    english: the sentence in English.
    state: the result in one or two words, for example `kept` or `left open`.
    outcome: the state as `pass`, `fail` or `skip`. None for other states, for example `left open`.
    cases: the names of the cases that test the sentence.
    notes: the reasons for the state.
    """

    text: str
    english: str
    state: str
    outcome: Outcome | None
    cases: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportSection:
    """A section of the API page.

    heading: the heading in Vietnamese, as on the API page.
    english: the heading in English.
    sentences: the sentences of the section, in the order of the API page.
    """

    heading: str
    english: str
    sentences: tuple[ReportSentence, ...]


@dataclass(frozen=True, slots=True)
class ReportCause:
    """One mistake that makes cases fail. A report has it once, also if many cases fail because of it.

    finding: the finding that shows the mistake best. Its lines and commands may be left out.
    extent: how much the mistake breaks, for example `in 35 scenarios`. May be empty.
    cases: the names of the cases that fail because of the mistake.
    shown_case: the name of the case in which the finding was made. Empty if the case is not shown.
    followers: the broken rules that follow from the mistake, one text for each.
    notes: further information that helps to find the mistake.
    output: what the tested command printed. None if this does not help to find the mistake.
    """

    finding: ReportFinding
    extent: str = ""
    cases: tuple[str, ...] = ()
    shown_case: str = ""
    followers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    output: str | None = None

    @property
    def name(self) -> str:
        """The rule and the extent, `heartbeat-sent (in 35 scenarios)`."""
        return joined("", (self.finding.rule, " (", self.extent, ")")) if self.extent else self.finding.rule

    @property
    def follows_text(self) -> str:
        """A sentence about the followers. Empty if there are none."""
        if not self.followers:
            return ""
        return phrase("From this follows: {followers}.", followers=joined(", ", self.followers))

    @property
    def cases_text(self) -> str:
        """The names of the cases in one line."""
        return phrase("Cases: ") + ", ".join(self.cases)


@dataclass(frozen=True, slots=True)
class FoldedNote:
    """A note with details. The HTML page shows `text`, and the `lines` after a click on it."""

    text: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell of a table.

    outcome: gives the text a colour. None: no colour.
    details: further text. The HTML page shows it when the pointer is on the cell.
    """

    text: str
    outcome: Outcome | None = None
    details: str = ""


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table about the whole run.

    heads: the heads of the columns.
    rows: the rows. Each has as many cells as there are heads. The first cell is the head of the row.
    note: explains the cells. May be empty.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[TableCell, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class CommandReport:
    """The report of one run of a command.

    It contains no secrets: the caller masks all texts before it creates the report.

    title: the command, for example `workerkit exec`.
    summary: the verdict in one line.
    seconds: how long the run took.
    cases: the results.
    notes: information about the whole run.
    sections: the API page with the result of each sentence. Empty for commands that do not test it.
    folded_notes: notes with details.
    causes: the mistakes that make cases fail. The most important cause is the first.
    causes_heading: a sentence with the number of the causes. Empty if there are none.
    tables: tables about the whole run.
    """

    title: str
    summary: str
    seconds: float
    cases: tuple[Case, ...]
    notes: tuple[str, ...] = field(default=())
    sections: tuple[ReportSection, ...] = ()
    folded_notes: tuple[FoldedNote, ...] = ()
    causes: tuple[ReportCause, ...] = ()
    causes_heading: str = ""
    tables: tuple[ReportTable, ...] = ()

    @property
    def has_counts(self) -> bool:
        """Whether at least one case has its own number of seconds or requests."""
        return any(case.counts_text for case in self.cases)

    @property
    def has_commands(self) -> bool:
        """Whether at least one finding has a command."""
        return any(finding.commands for case in self.cases for finding in case.findings)

    @property
    def outcome(self) -> Outcome:
        """`fail` if at least one case failed, else `pass`."""
        return Outcome.FAIL if self.cases_with(Outcome.FAIL) else Outcome.PASS

    def cases_with(self, outcome: Outcome) -> tuple[Case, ...]:
        """Returns the cases with this outcome."""
        return tuple(case for case in self.cases if case.outcome is outcome)
