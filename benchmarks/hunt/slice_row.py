"""One row of the results: what one slice of the benchmark has measured."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SliceRow:
    """The result of one slice.

    kind: what was run: `schedule`, `library`, `hunt`, `careful` or `careful-busy`.
    name: the name of the bug or of the careful worker.
    seed: the seed of the hunt. 0 for slices without a hunt.
    passed: whether the result is as it should be.
    text: the result in words.
    trials: the number of trials of the search.
    seconds: how long the slice took.
    happenings: the number of troubles in the smallest scenario.
    with_bug: in how many of ten runs of the written scenario the worker with the bug broke the rule.
    without_bug: in how many of ten runs of the written scenario the worker without the bug passed.
    """

    kind: str
    name: str
    seed: int
    passed: bool
    text: str
    trials: int = 0
    seconds: float = 0.0
    happenings: int = 0
    with_bug: int = 0
    without_bug: int = 0

    @property
    def key(self) -> tuple[str, str, int]:
        """What was run. Two rows with the same key are about the same slice."""
        return self.kind, self.name, self.seed

    def __str__(self) -> str:
        outcome = "ok" if self.passed else "NOT OK"
        seed = f", seed {self.seed}" if self.seed else ""
        return f"{outcome}  {self.kind}: {self.name}{seed}: {self.text} ({self.seconds:.0f} s)"


class RowFile:
    """A file with a JSON object for each row. Each row is in the file as soon as it is there."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self) -> Iterator[SliceRow]:
        """Yields the rows that earlier runs have written."""
        if self._path.exists():
            yield from (SliceRow(**json.loads(line)) for line in self._path.read_text("utf-8").splitlines())

    def add(self, row: SliceRow) -> None:
        """Writes a row at the end of the file."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(asdict(row))}\n")
