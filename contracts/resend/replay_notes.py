"""The notes that people see about a replay."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import shorten

from workerkit.contracts.relations.violations import violations
from workerkit.contracts.resend.page_sentence import page_sentence
from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.file.note_phrase import note_phrase
from workerkit.mockserver.capsules.replay.explanation import NOBODY_CHANGED
from workerkit.mockserver.capsules.replay.reconstructed_replay import ReplayResult
from workerkit.mockserver.capsules.replay.replay import has_unknown_change
from workerkit.mockserver.capsules.replay.replay_report import ReplaySummary
from workerkit.openapi.languages.phrase import Phrase, changed_text, phrase

_MAX_NOTE_LENGTH = 200
_MAX_NUMBERS = 5
INCOMPLETE = phrase(
    "Exchanges may be missing in the recording, so each one was judged alone. Not "
    "judged: whether totals, absent tasks and changed tasks agree with other exchanges."
)
UNKNOWN_CHANGES = phrase(
    "Nobody knows what some requests changed, because the API page does not name them or their bodies are "
    "missing. So each exchange was judged alone. Not judged: whether totals, absent tasks and changed tasks "
    "agree with other exchanges."
)
UNSEEN_TASKS = phrase(
    "The recording does not show all tasks, so each exchange was judged alone. Not "
    "judged: whether totals, absent tasks and changed tasks agree with other exchanges."
)
# How a recording can be judged as a whole, for each reason why its exchanges were judged alone.
_HOW_TO_JUDGE_ALL = {
    INCOMPLETE: phrase("If the file has all requests to the server, run again with --complete."),
    UNSEEN_TASKS: phrase("To have the exchanges compared, begin a recording with lists of all tasks."),
}


def replay_summary(
    capsule: Capsule, result: ReplayResult, target: str | None, *, small: str | None
) -> ReplaySummary:
    """The summary of a replay.

    target: the URL of the server that got the requests; None for the mock.
    small: the name of the file for the smaller capsule; None if the capsule is not shrunk.
    """
    notes = capsule_notes(capsule)
    hints: list[str] = [
        phrase(
            "{count} of {total} exchanges were sent again.",
            count=result.count,
            total=len(capsule.recorded),
        )
    ]
    if not capsule.recorded:
        notes.append(phrase("The capsule contains no request, so nothing was tested."))
    notes.extend(_without_bodies(capsule))
    notes.extend(_not_compared(capsule))
    notes.extend(_unnamed(capsule) if target is None else ())
    if result.is_alone:
        why = _why_alone(capsule)
        notes.append(why)
        hints.extend([_HOW_TO_JUDGE_ALL[why]] if why in _HOW_TO_JUDGE_ALL else ())
    if result.dialect is not None and result.dialect.choices:
        choices = ", ".join(f"{silence}: {value}" for silence, value in sorted(result.dialect.choices))
        notes.append(
            phrase(
                "The API page leaves these points open. The recorded server behaved as follows: {choices}.",
                choices=choices,
            )
        )
    if result.difference is not None:
        exchange = capsule.recorded[result.difference.number - 1].exchange
        notes.extend(
            phrase("The recording does not follow the API page: {violation}", violation=violation.text)
            for violation in violations(exchange)
        )
        if sentence := page_sentence(result.difference, exchange):
            notes.append(phrase("The API page says: {sentence}", sentence=sentence))
        if NOBODY_CHANGED in result.difference.why:
            notes.append(
                phrase("If something that is not in the recording changed the task, the server may be right.")
            )
            hints.append(phrase("To rule this out, record all requests to the server."))
        hints.append(_who_answered(capsule, target))
        if small is None and len(capsule.recorded) > 1:
            hints.append(phrase("Next: run again with --shrink to leave out exchanges that are not needed."))
    return ReplaySummary(result.count, result.difference, tuple(notes), hints=tuple(hints))


def capsule_notes(capsule: Capsule) -> list[str]:
    """The notes and the expectation that are written in the capsule file."""
    notes: list[str] = [
        phrase("Note in the file: {note}", note=changed_text(note_phrase(note), _shortened))
        for note in capsule.notes
    ]
    return [*notes, phrase("Expected: {expected}", expected=capsule.expected)] if capsule.expected else notes


def _shortened(note: str) -> str:
    return shorten(note, _MAX_NOTE_LENGTH, placeholder=" …")


def _why_alone(capsule: Capsule) -> Phrase:
    """Why each exchange was judged alone."""
    if not capsule.is_complete:
        return INCOMPLETE
    return UNKNOWN_CHANGES if any(map(has_unknown_change, capsule.recorded)) else UNSEEN_TASKS


def _without_bodies(capsule: Capsule) -> list[str]:
    """A note about the answers whose bodies are not in the capsule."""
    listed = _listed(recorded for recorded in capsule.recorded if recorded.lacks_body)
    sentence = phrase(
        "Answers without their body, of which only the status is compared: exchange {listed}.", listed=listed
    )
    return [sentence] if listed else []


def _not_compared(capsule: Capsule) -> list[str]:
    """A note about the exchanges of which a part is not known, so that nothing is compared."""
    listed = _listed(recorded for recorded in capsule.recorded if not recorded.is_compared)
    sentence = phrase(
        "Not compared, because the key, the body or the answer is not in the recording: exchange {listed}.",
        listed=listed,
    )
    return [sentence] if listed else []


def _unnamed(capsule: Capsule) -> list[str]:
    """A note about the requests that the API page does not name. A server may have more operations."""
    unnamed = (recorded for recorded in capsule.recorded if recorded.exchange.operation is None)
    listed = _listed(unnamed) if capsule.world is None else ""
    sentence = phrase(
        "Not compared, because the API page does not name the request: exchange {listed}.", listed=listed
    )
    return [sentence] if listed else []


def _listed(exchanges: Iterable[RecordedExchange]) -> str:
    """The numbers of the first exchanges. Empty if there are none."""
    numbers = [str(recorded.exchange.number) for recorded in exchanges]
    return ", ".join(numbers[:_MAX_NUMBERS]) + (", ..." if len(numbers) > _MAX_NUMBERS else "")


def _who_answered(capsule: Capsule, target: str | None) -> str:
    """Explains the words `recorded` and `now` in the difference."""
    recorder = capsule.upstream or (
        phrase("the recorded server") if capsule.world is None else phrase("the mock")
    )
    recorded = phrase("'recorded' = the answer of {recorder}", recorder=recorder)
    if target is not None:
        return phrase(
            "{recorded}; 'now' = the answer of {target}. They can match only if both servers "
            "began with the same tasks.",
            recorded=recorded,
            target=target,
        )
    origin = (
        phrase("was reconstructed from the recording")
        if capsule.world is None
        else phrase("is in the capsule file")
    )
    return phrase(
        "{recorded}; 'now' = the mock's answer. The mock's data (tasks, servers, keys) {origin}.",
        recorded=recorded,
        origin=origin,
    )
