"""The text for an issue tracker about a capsule: two answers that differ, curl lines and the capsule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from workerkit.contracts.report.curl_command import curl_command, key_header, shell_word, type_header
from workerkit.contracts.resend.policy import accepted_keys
from workerkit.mockserver.capsules.comparison.difference import Difference, request_line
from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.file.writer import capsule_text
from workerkit.mockserver.capsules.other_tools.any_recording import without_secrets
from workerkit.mockserver.capsules.replay.replay_report import ReplaySummary
from workerkit.openapi.formats.visible_text import visible_text
from workerkit.openapi.spec.api import worker_api

# GitHub takes 65,536 characters. Together these limits give less than 60,000.
_MAX_CAPSULE, _MAX_CURL, _MAX_CURL_LINE, _MAX_VALUE, _MAX_NOTES = 40_000, 8_000, 4_000, 500, 10
_KEY_VARIABLES = ("LIKEPION_API_KEY", "LIKEPION_OTHER_API_KEY")
_BACKTICKS = re.compile("`{3,}")


def fits_into_issue(capsule: Capsule) -> bool:
    """True if the text of a capsule's file is short enough for an issue."""
    return len(visible_text(capsule_text(capsule))) <= _MAX_CAPSULE


def issue_text(capsule: Capsule, summary: ReplaySummary, target: str | None) -> str:
    """The text in Markdown, with less than 60,000 characters and without secrets.

    target: the URL of the server that got the requests; None for the mock.

    The capsule is in a fence at the end, so that a copy of the text can be replayed. A capsule that is too
    long is left out, and the text says so.
    """
    clean = without_secrets(capsule)
    difference = summary.difference
    parts = [
        f"# {_title(difference, target)}\n",
        *_outcome(difference, clean.upstream, target),
        *(f"- {_short(note)}\n" for note in summary.notes[:_MAX_NOTES]),
        "\n## Requests\n",
        _fenced("sh", "\n".join(_curl_lines(clean, difference))),
        "\n## Capsule\n",
        *_capsule_part(clean),
    ]
    return "\n".join(parts)


def _title(difference: Difference | None, target: str | None) -> str:
    if difference is None:
        return "A recording of the Worker API"
    source = "the API page" if target is None else "the recording"
    return _one_line(
        f"{difference.operation or difference.request}: {difference.place} differs from {source}"
    )


def _outcome(difference: Difference | None, upstream: str, target: str | None) -> list[str]:
    """Which answers differ, and why. `upstream` is the URL of the recorded server, or empty."""
    if difference is None:
        who = "A mock that follows the API page" if target is None else _short(target)
        return [f"{who} gives the same answers as in this recording.\n"]
    request, place = _short(difference.request), _short(difference.place)
    where = f"Exchange {difference.number}, `{request}`, at `{place}`.\n"
    recorded, now = _fenced("", _short(difference.recorded)), _fenced("", _short(difference.now))
    recorder = [f"This is the answer of {_short(upstream)}.\n"] if upstream else []
    why = [f"{_short(difference.why)}.\n"] if difference.why else []
    if target is not None:
        parts = ["## Recorded\n", *recorder, recorded, f"\n## From {_short(target)}\n", now]
    else:
        mock = "This is the answer of a mock that follows the API page.\n"
        parts = ["## Expected\n", mock, now, "\n## Came\n", *recorder, recorded]
    return [where, *parts, "", *why]


def _capsule_part(capsule: Capsule) -> list[str]:
    text = visible_text(capsule_text(capsule))
    if len(text) > _MAX_CAPSULE:
        return [f"The capsule has {len(text):,} characters, too many for an issue: attach the file.\n"]
    command = "Save this text in a file and run `workerkit replay FILE`. The secrets in it are replaced.\n"
    return [command, _fenced("yaml", text.rstrip("\n")), ""]


def _curl_lines(capsule: Capsule, difference: Difference | None) -> Iterator[str]:
    """A curl line for each request up to the difference. Of too many, the first ones are left out."""
    end = difference.end if difference else len(capsule.recorded)
    variables = dict(zip(accepted_keys(capsule), _KEY_VARIABLES, strict=False))
    lines = [_curl(recorded, variables) for recorded in capsule.recorded[:end]]
    length, kept = 0, len(lines)
    while kept and length + len(lines[kept - 1]) < _MAX_CURL:
        kept -= 1
        length += len(lines[kept])
    names = ("LIKEPION_BASE_URL", *variables.values())
    yield f"# export {' '.join(f'{name}=...' for name in names)}"
    if kept:
        yield f"# the first {kept} requests are left out here"
    yield from lines[kept:]


def _curl(recorded: RecordedExchange, variables: Mapping[str, str]) -> str:
    """The curl line of a request. If the line would be too long or wrong, a comment that says so."""
    exchange = recorded.exchange
    if recorded.lacks_request_body:
        return f"# request {exchange.number} is left out: {_one_line(exchange.why)}"
    path = exchange.path.removeprefix(worker_api().base_path)
    target = path + (f"?{exchange.query}" if exchange.query else "")
    key = exchange.header(worker_api().key_header)
    headers = [key_header(key, variables, key)] if key is not None else []
    if exchange.request_body:
        headers.append(type_header(exchange.header("content-type") or ""))
    line = curl_command(
        exchange.method, f'"$LIKEPION_BASE_URL"{shell_word(target)}', headers, exchange.request_body
    )
    if len(line) <= _MAX_CURL_LINE:
        return line
    return (
        f"# request {exchange.number} ({_one_line(request_line(exchange))}) is left out: "
        f"its curl line has {len(line):,} characters"
    )


def _one_line(text: str) -> str:
    return _short(" ".join(text.split()))


def _fenced(language: str, text: str) -> str:
    """A text in a Markdown fence that is longer than all fences in the text."""
    fence = "`" * max([3, *(len(found) + 1 for found in _BACKTICKS.findall(text))])
    return f"{fence}{language}\n{text}\n{fence}"


def _short(text: str) -> str:
    return text if len(text) <= _MAX_VALUE else f"{text[:_MAX_VALUE]}…"
