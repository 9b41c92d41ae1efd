"""What a command found out: the one form from which every kind of report is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from workerkit.mockserver.reports.timeline import Timeline


class Outcome(StrEnum):
    """How a case came out; `skip` is one that could not be tried."""

    PASS = "pass"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class ReportFinding:
    """A rule that was broken, with a message that stands alone.

    `lines` are the exchanges that broke it; so many `more` are not told.
    """

    rule: str
    message: str
    lines: tuple[str, ...] = ()
    more: int = 0

    def first_lines(self, most: int) -> list[str]:
        """At most so many of the lines, and how many more there are."""
        left_out = max(0, len(self.lines) - most) + self.more
        return [*self.lines[:most], *([f"and {left_out} more"] if left_out else [])]


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that was tried, a scenario say, or a rule.

    `seconds` is how long it took and `requests` how many were sent for it, None where they are not its own.
    `notes` say what else there is to know, such as why it was skipped; `output` is what a command printed,
    None where there is no command.
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

    @property
    def measures(self) -> tuple[str, str]:
        """The seconds and the requests as columns show them, empty where they are not known."""
        seconds = "" if self.seconds is None else f"{self.seconds:.1f}"
        return seconds, "" if self.requests is None else str(self.requests)

    @property
    def broken(self) -> str:
        """The rules that were broken, each once."""
        return ", ".join(dict.fromkeys(finding.rule for finding in self.findings))

    @property
    def found(self) -> str:
        """What was found, in a line: what is wrong, and the notes."""
        return "; ".join([*(finding.message for finding in self.findings), *self.notes])

    @property
    def facts(self) -> str:
        """The same in words: `1.2 s, 34 requests`, or nothing."""
        seconds, requests = self.measures
        text = (f"{seconds} s" if seconds else "", f"{requests} requests" if requests else "")
        return ", ".join(filter(None, text))


@dataclass(frozen=True, slots=True)
class ReportSentence:
    """A sentence of the API's page, in Vietnamese, with what became of it in one word, its `state`.

    `outcome` is that of the state, None where nothing was to be judged; `gist` is the sentence in English,
    `cases` are the names of those that hold it, and `notes` say why.
    """

    text: str
    gist: str
    state: str
    outcome: Outcome | None
    cases: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chapter:
    """The sentences under a heading of the API's page; `gist` is the heading in English."""

    heading: str
    gist: str
    sentences: tuple[ReportSentence, ...]


@dataclass(frozen=True, slots=True)
class Aside:
    """What not everybody wants to read: a line that says what it is, and the lines behind it."""

    text: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandReport:
    """A run of a command over its cases. `title` names the command, `summary` gives the verdict in a line.

    `chapters` are the API's page, where the run went through it. No secret is in it: whoever makes one takes
    every text through a Mask.
    """

    title: str
    summary: str
    seconds: float
    cases: tuple[Case, ...]
    notes: tuple[str, ...] = field(default=())
    chapters: tuple[Chapter, ...] = ()
    asides: tuple[Aside, ...] = ()

    @property
    def is_counted(self) -> bool:
        """Whether a case has seconds or requests of its own, to be shown in columns."""
        return any(case.facts for case in self.cases)

    @property
    def outcome(self) -> Outcome:
        """`fail` where a case failed, else `pass`."""
        return Outcome.FAIL if self.of(Outcome.FAIL) else Outcome.PASS

    def of(self, outcome: Outcome) -> tuple[Case, ...]:
        """The cases that came out like this."""
        return tuple(case for case in self.cases if case.outcome is outcome)
