"""`python -m benchmarks.soundness.capsules`: what capsules say of sound and of broken servers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import get_context

import click

from tests.broken import MUTANTS
from tests.broken.serving import serving
from tests.independent.choices import Choices
from tests.independent.client import Client
from tests.independent.fault import Fault
from tests.independent.faults import FAULTS
from tests.independent.running import SOUND, running
from tests.independent.signs import CONCURRENCY, SIGNS, Sign
from tests.independent.variants import VARIANTS
from tests.mockserver.capsules.caller import Caller
from tests.mockserver.capsules.conftest import proxying
from tests.mockserver.capsules.shrinking import first_and_smallest
from tests.workers.cast import EXAMPLES
from workerkit.contracts.resend.address import address_of
from workerkit.contracts.resend.policy import keys_for
from workerkit.mockserver.capsules.capture.capture import taken
from workerkit.mockserver.capsules.file.any_recording import without_secrets
from workerkit.mockserver.capsules.file.capsule import Capsule, Recorded
from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.mockserver.capsules.file.writer import capsule_text
from workerkit.mockserver.capsules.replay.matching import Difference
from workerkit.mockserver.capsules.replay.replay import replay, replay_against
from workerkit.mockserver.capsules.replay.worker_replay import perform
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.trials.trial import try_worker
from workerkit.mockserver.worlds.snapshot import snapshot
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.scenarios.library import library

_PROCESSES = 2
_SECONDS = 60.0
_MOST_IN_A_SMALL_ONE = 5
_WORKER = (sys.executable, str(EXAMPLES / "worker.py"))
_SOUND = "sound"


@dataclass(frozen=True)
class Row:
    """How a recording of so many exchanges came out; `small` counts those of the small capsule."""

    name: str
    exchanges: int
    verdict: str
    is_sound: bool
    small: int | None = None

    def text(self) -> str:
        """A line of the table."""
        small = "" if self.small is None else f" | {self.small}"
        return f"{self.name} | {self.exchanges} | {self.verdict}{small}"


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
def main(names: tuple[str, ...]) -> None:
    """Replays recordings of scenarios, mutants of the mock, other servers and their faults: all, or NAMES.

    Exit 1 where something sound does not come out as recorded, or a small capsule is not small. What is
    broken and shows in none of the requests sent here is listed.
    """
    rows = list(_rows(names))
    blamed = [row.name for row in rows if row.is_sound and row.verdict != "reproduced"]
    large = [row.name for row in rows if (row.small or 0) > _MOST_IN_A_SMALL_ONE]
    unseen = [row.name for row in rows if not row.is_sound and row.verdict == "reproduced"]
    broken = sum(not row.is_sound for row in rows)
    click.echo(f"\n{len(rows) - broken} sound, not reproduced: {', '.join(blamed) or 'none'}")
    click.echo(f"{broken} broken, no difference seen in {len(unseen)}: {', '.join(unseen) or 'none'}")
    click.echo(f"small capsules of more than {_MOST_IN_A_SMALL_ONE} exchanges: {', '.join(large) or 'none'}")
    sys.exit(1 if blamed or large else 0)


def _rows(names: Sequence[str]) -> Iterator[Row]:
    tries: list[tuple[Callable[[str], Row], str]] = [
        *((_of_scenario, name) for name in library.names()),
        *((_of_mutant, each) for each in (_SOUND, *MUTANTS)),
        *((_of_variant, variant) for variant in VARIANTS),
        *((_of_fault, fault.name) for fault in FAULTS.values() if not fault.unseen),
    ]
    wanted = [each for each in tries if not names or each[1] in names]
    with ProcessPoolExecutor(_PROCESSES, get_context("spawn")) as pool:
        for row in pool.map(_tried, wanted):
            click.echo(row.text())
            yield row


def _tried(what: tuple[Callable[[str], Row], str]) -> Row:
    row, name = what
    return row(name)


def _of_scenario(name: str) -> Row:
    """The example worker in a scenario: replayed, and played to the same worker again."""
    trial = try_worker(library.find(name), _WORKER, time_limit=_SECONDS, with_capsule=True)
    assert trial.capsule is not None
    capsule = _from_file(trial.capsule)
    difference = replay(capsule, name=name).difference
    if difference is None:
        difference = perform(capsule, _WORKER, time_limit=_SECONDS).difference
    return Row(name, len(capsule.recorded), _verdict(difference), is_sound=True)


def _of_mutant(name: str) -> Row:
    """A recording of the sound mock, replayed at one that is broken."""
    worlds = Worlds()
    director = worlds.add(DEFAULT, WorldBuilder(seed=1))
    beginning = snapshot(director)
    keys = "server-01-key", "server-02-key"
    with MockServer(worlds) as mock:
        Caller(mock.base_url, *keys).tour()
        capsule = _from_file(mock.ask(lambda: taken(director, beginning)))
    if name == _SOUND:
        return Row(
            name, len(capsule.recorded), _verdict(replay(capsule, name=name).difference), is_sound=True
        )
    with serving(name) as target:
        given = keys_for(capsule, keys)
        difference = replay_against(capsule, address_of(target.base_url), keys=given).difference
    return Row(name, len(capsule.recorded), _verdict(difference), is_sound=False)


def _of_variant(name: str) -> Row:
    capsule = _recorded(VARIANTS[name], None)
    return Row(name, len(capsule.recorded), _verdict(replay(capsule, name=name).difference), is_sound=True)


def _of_fault(name: str) -> Row:
    """A recording of a broken server, replayed in the mock, and as few exchanges as show the same."""
    capsule = _recorded(SOUND, FAULTS[name])
    difference, smallest = first_and_smallest(capsule)
    small = None if difference is None else len(smallest.recorded)
    return Row(name, len(capsule.recorded), _verdict(difference), is_sound=False, small=small)


def _recorded(choices: Choices, fault: Fault | None) -> Capsule:
    heard: list[Recorded] = []
    with running(choices, fault) as server, proxying(address_of(server.base_url), heard.append) as here:
        seeded = server.seeded
        Caller(f"{here.url}/api/v1/worker", seeded.api_key, seeded.other_api_key).tour()
        asking = Client.of(replace(server, base_url=f"{here.url}/api/v1/worker"))
        for sign in _signs(fault):
            # What another server answers is no reason to stop asking.
            with suppress(LookupError, TypeError, AssertionError):
                sign(asking)
    return _from_file(without_secrets(Capsule(min(each.exchange.began for each in heard), tuple(heard))))


def _signs(fault: Fault | None) -> list[Sign]:
    """What shows a fault; all of them, but for those that need luck, where there is none."""
    if fault is not None:
        return [SIGNS[fault.name]]
    return [sign for name, sign in SIGNS.items() if name not in CONCURRENCY]


def _from_file(capsule: Capsule) -> Capsule:
    return parse_capsule(capsule_text(capsule), name="capsule.yaml")


def _verdict(difference: Difference | None) -> str:
    if difference is None:
        return "reproduced"
    values = f"{difference.recorded} -> {difference.now}"
    return f"{difference.number}: {difference.operation} {difference.place}: {values}"


if __name__ == "__main__":
    main()
