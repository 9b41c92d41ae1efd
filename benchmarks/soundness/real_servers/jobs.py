"""The runs of the benchmark: which server, which variants, which fault, which seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from tests.servers.stacks import Stack, stack

SEEDS = 10
_MIXES = 20


class Kind(StrEnum):
    """What a run tests.

    correct: a server as it is.
    variant: a correct server with one legal variant.
    mix: a correct server with many legal variants.
    fault: a server with one planted fault.
    """

    CORRECT = "correct"
    VARIANT = "variant"
    MIX = "mix"
    FAULT = "fault"


@dataclass(frozen=True)
class Job:
    """One conformance run.

    variants: the variants that are on, separated by commas.
    fault: the planted fault, or an empty text.
    """

    stack: str
    variants: str
    fault: str
    seed: int

    @property
    def name(self) -> str:
        """What is tested: the fault, the variants, or `correct`."""
        return self.fault or self.variants or "correct"

    @property
    def kind(self) -> Kind:
        """What the run tests."""
        if self.fault:
            return Kind.FAULT
        if "," in self.variants:
            return Kind.MIX
        return Kind.VARIANT if self.variants else Kind.CORRECT


def all_jobs(stacks: tuple[str, ...], seeds: int) -> Iterator[Job]:
    """All runs, by seed. Correct servers come first, since a wrong finding is the worst result.

    The rest of the order is random, so that each slice is a fair sample. The faults run with seed 1 only.
    """
    for seed in range(1, seeds + 1):
        jobs = [job for name in stacks for job in _jobs_of(stack(name), seed)]
        Random(seed).shuffle(jobs)
        jobs.sort(key=lambda job: bool(job.fault))
        yield from jobs


def _jobs_of(server: Stack, seed: int) -> Iterator[Job]:
    yield Job(server.name, "", "", seed)
    for variants in (*server.variants, *_mixes(server, seed)):
        yield Job(server.name, variants, "", seed)
    if seed == 1:
        yield from (
            Job(server.name, "", fault.name, seed) for fault in server.faults.values() if fault.visible
        )


def _mixes(server: Stack, seed: int) -> Iterator[str]:
    """Sets of many variants that may be on together."""
    chance = Random(f"{server.name} {seed}")
    for _ in range(_MIXES // SEEDS):
        chosen: list[str] = []
        for variant in chance.sample(list(server.variants), len(server.variants) // 2):
            excluded = {name for other in chosen for name in server.variants[other].excludes}
            if variant not in excluded and not set(server.variants[variant].excludes) & set(chosen):
                chosen.append(variant)
        yield ",".join(chosen)
