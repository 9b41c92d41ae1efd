"""`python -m benchmarks.soundness.incomplete`: replays recordings in which exchanges are missing.

Writes incomplete.md.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import click

from benchmarks.goal import Goal, goal_table, markdown
from benchmarks.machine import Machine
from benchmarks.soundness.capsules import recorded_fault
from benchmarks.soundness.first_differences import verdict
from tests.independent.faults import FAULTS
from tests.independent.variants import VARIANTS
from tests.mockserver.capsules.replay.histories import (
    CUTS,
    LOSSES,
    REMOVALS,
    History,
    other_tool_recording,
    part_of,
)
from tests.mockserver.capsules.shrinking import NAME
from tests.mockserver.capsules.test_other_servers import recording
from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.replay.replay import replay

_MAX_REQUESTS = 30
_PAGE = Path(__file__).with_suffix(".md")
_CORRECT = "correct"


@dataclass(frozen=True, slots=True)
class Replayed:
    """The result of one replay.

    server: the fault of the recorded server, or `correct`.
    seed: the seed of the history. 0 for a server with a fault.
    choices: the name of the server's other allowed behaviour. Empty for a server with a fault.
    loss: what is missing in the recording.
    found: the first difference. Empty if there is none.
    """

    server: str
    seed: int
    choices: str
    loss: str
    found: str

    @property
    def is_accused(self) -> bool:
        """Whether a correct server is accused."""
        return self.server == _CORRECT and self.found != ""


@click.command()
@click.option("--seeds", default=48, show_default=True, help="How many histories of correct servers.")
@click.option("--first", default=0, show_default=True, help="The first seed.")
@click.option(
    "--fault",
    "faults",
    type=click.Choice([*FAULTS]),
    multiple=True,
    help="A fault whose recording is thinned, too.",
)
@click.option("--done", type=click.Path(dir_okay=False, path_type=Path), help="Keeps the results in a file.")
def main(seeds: int, first: int, faults: tuple[str, ...], done: Path | None) -> None:
    """Loses parts of recordings of correct servers, and of servers with a fault. Writes incomplete.md.

    The exit code is 1 if a correct server is accused.

    With --done FILE, the results are added to the file, and those that the file already has are not made
    again. The page has all results of the file.
    """
    machine, results = Machine(), _earlier(done)
    known = {(result.server, result.seed) for result in results}
    for group in _groups(range(first, first + seeds), faults, skip=known):
        results.extend(group)
        if done is not None:
            with done.open("a") as file:
                file.writelines(f"{json.dumps(asdict(result))}\n" for result in group)
        for result in group:
            click.echo(f"{result.server} {result.seed} {result.choices}, {result.loss}: {result.found}")
    _PAGE.write_text(_page(results, machine.description()), "utf-8")
    accused = [result for result in results if result.is_accused]
    click.echo(f"{len(accused)} recordings of correct servers are accused")
    sys.exit(1 if accused else 0)


def _earlier(done: Path | None) -> list[Replayed]:
    """The results in the file."""
    lines = done.read_text().splitlines() if done is not None and done.exists() else []
    return [Replayed(**json.loads(line)) for line in lines]


def _groups(
    seeds: Sequence[int], faults: Sequence[str], *, skip: Container[tuple[str, int]]
) -> Iterator[list[Replayed]]:
    """The new results, in one list for each recording."""
    for seed in seeds:
        if (_CORRECT, seed) not in skip:
            yield [*_of_correct_server(seed)]
    for name in faults:
        if (name, 0) not in skip:
            yield [*_of_fault(name)]


def _of_correct_server(seed: int) -> Iterator[Replayed]:
    random, choices = Random(seed), [*VARIANTS][seed % len(VARIANTS)]
    count = random.randrange(2, _MAX_REQUESTS)
    capsule = recording(lambda client: History(client, random).send(count), VARIANTS[choices])
    yield Replayed(_CORRECT, seed, choices, "nothing", _found(capsule))
    for is_complete, losses in ((False, LOSSES), (True, CUTS)):
        for lose in losses:
            part = part_of(capsule, lose, random, is_complete=is_complete)
            yield Replayed(_CORRECT, seed, choices, _named(lose, is_complete=is_complete), _found(part))
        for remove in REMOVALS:
            part = other_tool_recording(capsule, remove, random, is_complete=is_complete)
            loss = f"some {_named(remove, is_complete=is_complete)}"
            yield Replayed(_CORRECT, seed, choices, loss, _found(part))


def _named(lose: Callable[..., object], *, is_complete: bool) -> str:
    said = ", said to be complete" if is_complete else ""
    return f"{lose.__name__.strip('_').replace('_', ' ')}{said}"


def _of_fault(name: str) -> Iterator[Replayed]:
    """The first differences of all exchanges, of each exchange judged alone, and of half of the exchanges."""
    capsule, random = recorded_fault(FAULTS[name]), Random(1)
    yield Replayed(name, 0, "", "nothing", _found(capsule))
    for loss, lose in (("nothing, said to be incomplete", _all), ("half of the exchanges", _half)):
        yield Replayed(name, 0, "", loss, _found(part_of(capsule, lose, random, is_complete=False)))


def _all(items: list[RecordedExchange], _: Random) -> list[RecordedExchange]:
    return items


def _half(items: list[RecordedExchange], random: Random) -> list[RecordedExchange]:
    return [item for item in items if random.random() < 0.5]


def _found(capsule: Capsule) -> str:
    difference = replay(capsule, name=NAME).difference
    return "" if difference is None else verdict(difference)


def _page(results: Sequence[Replayed], machine: str) -> str:
    correct = [result for result in results if result.server == _CORRECT]
    accused = [result for result in correct if result.is_accused]
    goals = [Goal(f"accused, of {len(correct)} recordings of correct servers", len(accused), "", 0)]
    return (
        "# Recordings in which exchanges are missing\n\n"
        f"`benchmarks.soundness.incomplete` records {len({result.seed for result in correct})} random "
        "histories of correct servers without code of the kit, loses parts of the recordings, and replays "
        f"what is left. {machine}\n\n{_losses(correct)}\n\n{goal_table(goals)}\n\n"
        "## Servers with a fault\n\n"
        "The first difference of the recording of a server with a planted bug. If each exchange is judged "
        f"alone, many bugs cannot be proven.\n\n{_faults(results)}\n"
    )


def _losses(correct: Sequence[Replayed]) -> str:
    losses = {result.loss: [other for other in correct if other.loss == result.loss] for result in correct}
    rows = (
        [loss, str(len(group)), str(sum(result.is_accused for result in group))]
        for loss, group in losses.items()
    )
    return markdown(["what is missing", "recordings", "accused"], rows)


def _faults(results: Sequence[Replayed]) -> str:
    broken = [result for result in results if result.server != _CORRECT]
    rows = (
        [f"{result.server}, {result.loss}", result.found.replace("|", "\\|") or "not found"]
        for result in broken
    )
    return markdown(["planted bug, what is missing", "first difference"], rows)


if __name__ == "__main__":
    main()
