"""`python -m benchmarks.soundness.incomplete`: replays recordings in which exchanges are missing."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from random import Random

import click

from benchmarks.soundness.capsules import recorded_fault
from tests.independent.faults import FAULTS
from tests.independent.variants import VARIANTS
from tests.mockserver.capsules.replay.histories import CUTS, LOSSES, History, part_of
from tests.mockserver.capsules.shrinking import NAME
from tests.mockserver.capsules.test_other_servers import recording
from workerkit.mockserver.capsules.comparison.difference import Difference
from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.replay.replay import replay

_MAX_REQUESTS = 30


@click.command()
@click.option("--seeds", default=48, show_default=True, help="How many histories of correct servers.")
@click.option("--first", default=0, show_default=True, help="The first seed. Use it to go on.")
@click.option(
    "--fault",
    "faults",
    type=click.Choice([*FAULTS]),
    multiple=True,
    help="A fault whose recording is thinned, too.",
)
def main(seeds: int, first: int, faults: tuple[str, ...]) -> None:
    """Loses parts of recordings of correct servers, and of servers with a fault.

    The exit code is 1 if a correct server is accused.
    """
    counts = Counter[str]()
    for seed in range(first, first + seeds):
        for label, difference in _of_correct_server(seed):
            counts["replays"] += 1
            if difference is not None:
                counts["accused"] += 1
                click.echo(f"{seed} {label}: {difference}")
        click.echo(f"to seed {seed}: {counts['accused']} of {counts['replays']} are accused", err=True)
    click.echo(f"{counts['accused']} of {counts['replays']} recordings of correct servers are accused")
    for name in faults:
        click.echo(f"{name} | {' | '.join(_of_fault(name))}")
    sys.exit(1 if counts["accused"] else 0)


def _of_correct_server(seed: int) -> Iterator[tuple[str, Difference | None]]:
    random, variant = Random(seed), [*VARIANTS][seed % len(VARIANTS)]
    count = random.randrange(2, _MAX_REQUESTS)
    capsule = recording(lambda client: History(client, random).send(count), VARIANTS[variant])
    yield f"{variant}, complete", replay(capsule, name=NAME).difference
    for is_complete, losses in ((False, LOSSES), (True, CUTS)):
        for lose in losses:
            part = part_of(capsule, lose, random, is_complete=is_complete)
            yield f"{variant}, {lose.__name__}, {is_complete}", replay(part, name=NAME).difference


def _of_fault(name: str) -> Iterator[str]:
    """The places of the first differences: of all exchanges, judged alone, and of a half of them."""
    capsule, random = recorded_fault(FAULTS[name]), Random(1)
    for part in (
        capsule,
        part_of(capsule, lambda items, _: items, random, is_complete=False),
        part_of(capsule, _half, random, is_complete=False),
    ):
        yield _place(part)


def _half(items: list[RecordedExchange], random: Random) -> list[RecordedExchange]:
    return [item for item in items if random.random() < 0.5]


def _place(capsule: Capsule) -> str:
    difference = replay(capsule, name=NAME).difference
    return "not found" if difference is None else f"{difference.operation} {difference.place}"


if __name__ == "__main__":
    main()
