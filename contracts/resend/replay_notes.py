"""The notes that people see about a replay."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import shorten

from workerkit.contracts.relations.violations import violations
from workerkit.contracts.resend.page_sentence import page_sentence
from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.replay.explanation import NOBODY_CHANGED
from workerkit.mockserver.capsules.replay.reconstructed_replay import ReplayResult
from workerkit.mockserver.capsules.replay.replay_report import ReplaySummary

_MAX_NOTE_LENGTH = 200
_MAX_NUMBERS = 5
INCOMPLETE = (
    "Exchanges may be missing in the recording, so each one was judged alone. Not judged: whether totals, "
    "absent tasks and changed tasks agree with other exchanges. If the file has all requests to the server, "
    "run again with --complete."
)
UNSEEN_TASKS = (
    "The recording does not show all tasks, so each exchange was judged alone. Not judged: whether totals, "
    "absent tasks and changed tasks agree with other exchanges. Begin a recording with lists of all tasks."
)


def replay_summary(
    capsule: Capsule, result: ReplayResult, target: str | None, *, small: str | None
) -> ReplaySummary:
    """The summary of a replay.

    target: the URL of the server that got the requests; None for the mock.
    small: the name of the file for the smaller capsule; None if the capsule is not shrunk.
    """
    notes = [
        *capsule_notes(capsule),
        f"{result.count} of {len(capsule.recorded)} exchanges were sent again.",
    ]
    if not capsule.recorded:
        notes.append("The capsule contains no request, so nothing was tested.")
    notes.extend(_without_bodies(capsule))
    notes.extend(_not_compared(capsule))
    if result.is_alone:
        notes.append(UNSEEN_TASKS if capsule.is_complete else INCOMPLETE)
    if result.dialect is not None and result.dialect.choices:
        choices = ", ".join(f"{silence}: {value}" for silence, value in sorted(result.dialect.choices))
        notes.append(
            f"The API page leaves these points open. The recorded server behaved as follows: {choices}."
        )
    if result.difference is not None:
        exchange = capsule.recorded[result.difference.number - 1].exchange
        notes.extend(
            f"The recording does not follow the API page: {violation}" for violation in violations(exchange)
        )
        if sentence := page_sentence(result.difference, exchange):
            notes.append(f"The API page says: {sentence}")
        if NOBODY_CHANGED in result.difference.why:
            notes.append(
                "If something that is not in the recording changed the task, the server may be right: record "
                "all requests to the server."
            )
        notes.append(_who_answered(capsule, target))
        if small is None and len(capsule.recorded) > 1:
            notes.append("Next: run again with --shrink to leave out exchanges that are not needed.")
    return ReplaySummary(result.count, result.difference, tuple(notes))


def capsule_notes(capsule: Capsule) -> list[str]:
    """The notes and the expectation that are written in the capsule file."""
    notes = [
        f"Note in the file: {shorten(note, _MAX_NOTE_LENGTH, placeholder=' …')}" for note in capsule.notes
    ]
    return [*notes, f"Expected: {capsule.expected}"] if capsule.expected else notes


def _without_bodies(capsule: Capsule) -> list[str]:
    """A note about the answers whose bodies are not in the capsule."""
    listed = _listed(recorded for recorded in capsule.recorded if recorded.lacks_body)
    sentence = f"Answers without their body, of which only the status is compared: exchange {listed}."
    return [sentence] if listed else []


def _not_compared(capsule: Capsule) -> list[str]:
    """A note about the exchanges of which a part is not known, so that nothing is compared."""
    listed = _listed(recorded for recorded in capsule.recorded if not recorded.is_compared)
    sentence = (
        f"Not compared, because the key, the body or the answer is not in the recording: exchange {listed}."
    )
    return [sentence] if listed else []


def _listed(exchanges: Iterable[RecordedExchange]) -> str:
    """The numbers of the first exchanges. Empty if there are none."""
    numbers = [str(recorded.exchange.number) for recorded in exchanges]
    return ", ".join(numbers[:_MAX_NUMBERS]) + (", ..." if len(numbers) > _MAX_NUMBERS else "")


def _who_answered(capsule: Capsule, target: str | None) -> str:
    """Explains the words `recorded` and `now` in the difference."""
    recorder = capsule.upstream or ("the recorded server" if capsule.world is None else "the mock")
    recorded = f"'recorded' = the answer of {recorder}"
    if target is not None:
        return (
            f"{recorded}; 'now' = the answer of {target}. They can match only if both servers began with the "
            "same tasks."
        )
    origin = "was reconstructed from the recording" if capsule.world is None else "is in the capsule file"
    return f"{recorded}; 'now' = the mock's answer. The mock's data (tasks, servers, keys) {origin}."
