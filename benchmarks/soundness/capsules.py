"""`python -m benchmarks.soundness.capsules`: replays recordings of correct and of broken servers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import asdict, replace
from multiprocessing import get_context
from pathlib import Path

import click

from benchmarks.goal import goal_table
from benchmarks.machine import Machine
from benchmarks.soundness.first_differences import PAGE, Row, goals, page, verdict
from tests.broken.serving import serving
from tests.independent.choices import Choices
from tests.independent.client import Client
from tests.independent.fault import Fault
from tests.independent.fault_checks import CONCURRENCY, FAULT_CHECKS, FaultCheck
from tests.independent.faults import FAULTS
from tests.independent.running import CORRECT_CHOICES, running
from tests.independent.variants import VARIANTS
from tests.mockserver.capsules.caller import Caller
from tests.mockserver.capsules.conftest import proxying
from tests.mockserver.capsules.shrinking import first_and_smallest, lie_of, recorded_capsule
from tests.workers.careful_workers import EXAMPLES
from workerkit.contracts.resend.address import address_of
from workerkit.contracts.resend.policy import key_replacements
from workerkit.mockserver.capsules.capture.capture import capture_world
from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.mockserver.capsules.file.writer import capsule_text
from workerkit.mockserver.capsules.replay.replay import replay, replay_against_server
from workerkit.mockserver.capsules.replay.worker_replay import replay_to_worker
from workerkit.mockserver.mutants import MUTANTS
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.trials.trial import try_worker
from workerkit.mockserver.worlds.snapshot import snapshot_of
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.scenarios.library import library

_PROCESSES = 2
_SECONDS = 60.0
_WORKER = (sys.executable, str(EXAMPLES / "worker.py"))
_CORRECT = "correct"


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--done", type=click.Path(dir_okay=False, path_type=Path), help="Keeps the results in a file.")
def main(names: tuple[str, ...], done: Path | None) -> None:
    """Replays recordings of scenarios, of mutants, and of other servers with and without faults.

    Writes first_differences.md. With NAMES only those. Then the page is written only with --done.

    The exit code is 1 if a recording of a correct server is not reproduced, or if a small capsule has more
    than 5 exchanges, shows another difference, or accuses a correct server that gets its requests.

    With --done FILE, each result is written into the file at once. If the command was stopped, it goes on
    where it stopped. Remove the file to begin again. The page has all results of the file.
    """
    earlier = _earlier_rows(done, names)
    machine = Machine()
    rows = [*earlier, *_rows(names, done, skip={(row.kind, row.name) for row in earlier})]
    if done is not None or not names:
        PAGE.write_text(page(_earlier_rows(done, ()) or rows, machine.description()), "utf-8")
    click.echo(f"\nno difference found: {', '.join(row.name for row in rows if row.is_unseen) or 'none'}")
    click.echo(goal_table(goals(rows)))
    sys.exit(0 if all(goal.is_met for goal in goals(rows)) else 1)


def _earlier_rows(done: Path | None, names: Sequence[str]) -> list[Row]:
    """The results in the file."""
    lines = done.read_text().splitlines() if done is not None and done.exists() else []
    rows = [Row(**json.loads(line)) for line in lines]
    return [row for row in rows if not names or row.name in names]


def _rows(names: Sequence[str], done: Path | None, *, skip: Container[tuple[str, str]]) -> Iterator[Row]:
    """The new results. Each is printed, and added to the file `done`."""
    tries: list[tuple[Callable[[str], Row], str]] = [
        *((_of_scenario, name) for name in library.names()),
        *((_of_mutant, mutant) for mutant in (_CORRECT, *MUTANTS)),
        *((_of_variant, variant) for variant in VARIANTS),
        *((_of_fault, fault.name) for fault in FAULTS.values() if not fault.unseen),
    ]
    chosen = [
        pair for pair in tries if (not names or pair[1] in names) and (_kind(pair), pair[1]) not in skip
    ]
    with ProcessPoolExecutor(_PROCESSES, get_context("spawn")) as pool:
        for row in pool.map(_replay_one, chosen):
            click.echo(row.text())
            if done is not None:
                with done.open("a") as file:
                    file.write(f"{json.dumps(asdict(row))}\n")
            yield row


def _replay_one(pair: tuple[Callable[[str], Row], str]) -> Row:
    make_row, name = pair
    return replace(make_row(name), kind=_kind(pair))


def _kind(pair: tuple[Callable[[str], Row], str]) -> str:
    return pair[0].__name__.removeprefix("_of_")


def _of_scenario(name: str) -> Row:
    """Records the example worker in a scenario. Replays the recording to the mock, then to the worker."""
    trial = try_worker(library.find(name), _WORKER, time_limit=_SECONDS, with_capsule=True)
    assert trial.capsule is not None
    capsule = _from_file(trial.capsule)
    difference = replay(capsule, name=name).difference
    if difference is None:
        difference = replay_to_worker(capsule, _WORKER, time_limit=_SECONDS).difference
    return Row(name, len(capsule.recorded), verdict(difference), is_correct=True)


def _of_mutant(name: str) -> Row:
    """Records the correct mock. Replays the recording against a mutant."""
    worlds = Worlds()
    director = worlds.add(DEFAULT, WorldBuilder(seed=1))
    beginning = snapshot_of(director)
    keys = "server-01-key", "server-02-key"
    with WorldServer(worlds) as mock:
        Caller(mock.base_url, *keys).send_all()
        capsule = _from_file(mock.run_in_server_thread(lambda: capture_world(director, beginning)))
    if name == _CORRECT:
        return Row(
            name, len(capsule.recorded), verdict(replay(capsule, name=name).difference), is_correct=True
        )
    with serving(name) as target:
        replacements = key_replacements(capsule, keys)
        difference = replay_against_server(capsule, address_of(target.base_url), keys=replacements).difference
    return Row(name, len(capsule.recorded), verdict(difference), is_correct=False)


def _of_variant(name: str) -> Row:
    capsule = _recorded(VARIANTS[name], None)
    return Row(name, len(capsule.recorded), verdict(replay(capsule, name=name).difference), is_correct=True)


def _of_fault(name: str) -> Row:
    """Records a server with a fault. Replays the recording in the mock, and makes a small capsule."""
    capsule = recorded_fault(FAULTS[name])
    difference, smallest = first_and_smallest(capsule)
    if difference is None:
        return Row(name, len(capsule.recorded), verdict(None), is_correct=False)
    small, lie = len(smallest.recorded), lie_of(smallest, difference)
    return Row(name, len(capsule.recorded), verdict(difference), is_correct=False, small=small, lie=lie)


def recorded_fault(fault: Fault) -> Capsule:
    """The recording of an independent server with this fault."""
    return _recorded(CORRECT_CHOICES, fault)


def _recorded(choices: Choices, fault: Fault | None) -> Capsule:
    exchanges: list[RecordedExchange] = []
    with running(choices, fault) as server, proxying(address_of(server.base_url), exchanges.append) as proxy:
        seeded = server.seeded
        Caller(f"{proxy.url}/api/v1/worker", seeded.api_key, seeded.other_api_key).send_all()
        client = Client.of(replace(server, base_url=f"{proxy.url}/api/v1/worker"))
        for check in _checks(fault):
            # A check may raise an error: it is written for one fault, and this server may not have it.
            with suppress(LookupError, TypeError, AssertionError):
                check(client)
    return _from_file(recorded_capsule(exchanges))


def _checks(fault: Fault | None) -> list[FaultCheck]:
    """Returns the check of a fault. Without a fault all checks, except those that depend on chance."""
    if fault is not None:
        return [FAULT_CHECKS[fault.name]]
    return [check for name, check in FAULT_CHECKS.items() if name not in CONCURRENCY]


def _from_file(capsule: Capsule) -> Capsule:
    return parse_capsule(capsule_text(capsule), name="capsule.yaml")


if __name__ == "__main__":
    main()
