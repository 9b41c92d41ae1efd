"""The table of all generators, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from string import ascii_lowercase

from benchmarks.generators.expected_calls import ERRORS, OPERATIONS, Calls
from benchmarks.generators.generated_client import GeneratedClient
from benchmarks.generators.own_defects import OWN_DEFECTS, defect_of, unexplained
from benchmarks.generators.servers_and_converters.taken_spec import TakenSpec
from benchmarks.goal import markdown

_HEAD = ("tool", "spec", "its warnings and errors", "strict check", "operations", "errors typed")


@dataclass(frozen=True, slots=True)
class Row:
    """The result of one tool with one spec.

    tool, spec: their names.
    messages: the warnings and errors of the tool.
    faults: the messages of the compiler or type checker. None if there is nothing to compile.
    operations: how many operations were called, answered or converted.
    errors: how many errors were read with their type. None if the tool does not do this.
    note: what one has to know about the tool.
    problems: what went wrong in the calls.
    """

    tool: str
    spec: str
    messages: Sequence[str]
    faults: Sequence[str] | None
    operations: int
    errors: int | None
    note: str = ""
    problems: Sequence[str] = field(default_factory=list)

    @property
    def unexplained(self) -> list[str]:
        """The messages of which the spec may be the cause, and what went wrong in the calls."""
        return [*unexplained(self.tool, [*self.messages, *(self.faults or ())]), *self.problems]

    @property
    def is_good(self) -> bool:
        """Whether everything was called and read, and nothing is unexplained."""
        is_complete = self.operations == len(OPERATIONS) and self.errors in (None, len(ERRORS))
        return is_complete and not self.unexplained

    def cells(self) -> list[str]:
        """The row in the table."""
        errors = "" if self.errors is None else f"{self.errors} of {len(ERRORS)}"
        faults = "" if self.faults is None else self._count(self.faults)
        operations = f"{self.operations} of {len(OPERATIONS)}"
        return [self.tool, self.spec, self._count(self.messages), faults, operations, errors]

    def _count(self, messages: Sequence[str]) -> str:
        if not messages:
            return "none"
        defects = {defect_of(self.tool, message) for message in messages}
        letters = [
            letter for defect, letter in zip(OWN_DEFECTS, ascii_lowercase, strict=False) if defect in defects
        ]
        return f"{len(messages)} ({', '.join([*letters, *(['**unexplained**'] if None in defects else [])])})"


def client_row(client: GeneratedClient, spec: str, calls: Calls) -> Row:
    """The row of a generated client."""
    problems = [] if calls.is_complete else calls.problems
    counts = (len(calls.operations), len(calls.errors))
    return Row(client.generator, spec, client.messages, client.faults, *counts, client.note, problems)


def tool_row(taken: TakenSpec, spec: str) -> Row:
    """The row of a mock or a converter."""
    return Row(taken.tool, spec, taken.messages, None, len(taken.operations), None)


def page(rows: Sequence[Row], left_out: Iterable[str], machine: str) -> str:
    """The page with the results."""
    return (
        "\n\n".join(
            [
                "# Generated clients",
                _INTRODUCTION,
                machine,
                markdown(_HEAD, [row.cells() for row in rows]),
                *_section("Defects of the generators", _defects(rows)),
                *_section("Notes", dict.fromkeys(f"{row.tool}: {row.note}" for row in rows if row.note)),
                *_section("Left out", left_out),
                *_section(
                    "Unexplained",
                    [f"{row.tool}, {row.spec}: {line}" for row in rows for line in row.unexplained],
                ),
            ]
        )
        + "\n"
    )


def _defects(rows: Sequence[Row]) -> list[str]:
    lines = [(row.tool, line) for row in rows for line in (*row.messages, *(row.faults or ()))]
    found = {defect_of(*line) for line in lines}
    return [
        f"({letter}) {defect.reason}"
        for defect, letter in zip(OWN_DEFECTS, ascii_lowercase, strict=False)
        if defect in found
    ]


def _section(title: str, lines: Iterable[str]) -> list[str]:
    items = [f"- {line}" for line in lines]
    return [f"## {title}", "\n".join(items)] if items else []


_INTRODUCTION = """\
Each generator makes a client from three documents: `openapi/worker-api.yaml` as it stands in the repository,
and what `workerkit spec` and `workerkit spec --openapi 3.0` write. The client and a program that uses it are
compiled or checked as strictly as possible: `tsc --strict`, `mypy --strict`, `go vet`, `php -l`,
`javac -Xlint:all`. Then the program calls all operations of the mock and compares values of each answer. It
causes the errors 400, 401, 403 and 404, and reads the code of each from an object with a type. Mocks answer
the examples of all operations, and converters convert them all.

`python -m benchmarks.generators` writes this page. A letter names a defect of the generator: the spec is not
the cause."""
