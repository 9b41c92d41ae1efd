"""Notes about a replay, for people."""

from __future__ import annotations

from textwrap import shorten

from workerkit.contracts.relations.violations import violations
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.replay.replay import Replayed
from workerkit.mockserver.capsules.replay.replay_report import ReplaySummary

_LONGEST_NOTE = 200


def replay_summary(
    capsule: Capsule, replayed: Replayed, target: str | None, *, small: str | None
) -> ReplaySummary:
    notes = [
        *capsule_notes(capsule),
        f"{replayed.played} of {len(capsule.recorded)} exchanges were sent again",
    ]
    if not capsule.recorded:
        notes.append("there is no request in it: nothing was tried")
    if replayed.dialect is not None and replayed.dialect.choices:
        told = ", ".join(f"{name}: {value}" for name, value in sorted(replayed.dialect.choices))
        notes.append(f"the server's way where the page is silent: {told}")
    if replayed.difference is not None:
        exchange = capsule.recorded[replayed.difference.number - 1].exchange
        notes.extend(
            f"what was recorded is against the page: {violation}" for violation in violations(exchange)
        )
        notes.append(_sides(capsule, target))
        if small is None and len(capsule.recorded) > 1:
            notes.append("next: --shrink leaves out the exchanges that this difference does not need")
    return ReplaySummary(replayed.played, replayed.difference, tuple(notes))


def capsule_notes(capsule: Capsule) -> list[str]:
    """What is to be known of a capsule before anything is tried, as whoever made it wrote it down."""
    expected = [f"what should have happened: {capsule.expected}"] if capsule.expected else []
    return [
        *(f"noted in it: {shorten(note, _LONGEST_NOTE, placeholder=' …')}" for note in capsule.notes),
        *expected,
    ]


def _sides(capsule: Capsule, target: str | None) -> str:
    """Who said what is recorded, and who says what is now."""
    server = capsule.upstream or ("the server" if capsule.world is None else "the mock")
    recorded = f"recorded is what {server} answered"
    if target is not None:
        return f"{recorded}, now what {target} answers: it has to be as that was when the recording began"
    if capsule.world is None:
        return f"{recorded}, now what the mock answers in a world made from what was recorded"
    return f"{recorded}, now what the mock answers in the same world"
