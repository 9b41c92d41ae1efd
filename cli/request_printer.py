"""Prints a line for each request of the mock while a person looks at the terminal."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from textwrap import wrap

from rich.console import Console
from rich.text import Text

from workerkit.mockserver.observers.repeat_folder import RepeatFolder
from workerkit.mockserver.observers.request_counter import RequestCounter, RequestLine
from workerkit.mockserver.observers.rule_watch import RuleNews, RuleWatch
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.worlds import DEFAULT
from workerkit.openapi.formats.visible_text import visible_line
from workerkit.scenarios.run_record.violation import Violation

_SECONDS_BETWEEN_LOOKS = 0.1
_SECONDS_TO_END = 2.0
_GOOD, _REFUSED, _FAILED = "green", "yellow", "bold red"
_INDENT, _MIN_WIDTH = 4, 24


class RequestPrinter:
    """Prints the requests of a mock, and the rules that they broke, during a `with` block.

    It prints in a thread of its own, so no request waits for the terminal. If the terminal is closed, it
    stops to print.

    mock: the mock. It must run during the whole block.
    out: the console to print to.
    """

    def __init__(self, mock: WorldServer, out: Console) -> None:
        self._mock, self._out = mock, out
        self._counter, self._folder = RequestCounter(), RepeatFolder()
        self._rules = RuleWatch(mock.worlds, mock.run_in_server_thread)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="workerkit-request-lines", daemon=True)

    def __enter__(self) -> RequestPrinter:
        self._mock.run_in_server_thread(self._subscribe)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopped.set()
        self._thread.join(_SECONDS_TO_END)  # a terminal that takes no text must not stop the mock's end
        self._mock.run_in_server_thread(self._unsubscribe)

    def _subscribe(self) -> None:
        self._mock.worlds.subscribe(self._counter.note)
        self._mock.worlds.subscribe(self._rules.note)

    def _unsubscribe(self) -> None:
        self._mock.worlds.unsubscribe(self._counter.note)
        self._mock.worlds.unsubscribe(self._rules.note)

    def _run(self) -> None:
        try:
            while not self._stopped.wait(_SECONDS_BETWEEN_LOOKS):
                self._print_news()
            self._print_news()
            self._print_lines(self._folder.take_held())
        except OSError:
            return

    def _print_news(self) -> None:
        if not (self._counter.is_empty and self._folder.is_empty):
            lines, uncounted = self._mock.run_in_server_thread(self._counter.take)
            self._print_lines(self._folder.fold(lines, time.monotonic()))
            if uncounted:
                self._out.print(Text(f"{_INDENT * ' '}and {uncounted} more requests", "dim"))
        for news in self._rules.news():
            for text in news_texts(news, self._out.width):
                self._out.print(text)

    def _print_lines(self, lines: Sequence[RequestLine]) -> None:
        names_world = self._mock.worlds.names() != (DEFAULT,)
        for line in lines:
            for text in request_texts(line, time.localtime(), self._out.width, names_world=names_world):
                self._out.print(text)


@contextmanager
def requests_printed(mock: WorldServer, out: Console, *, is_wanted: bool) -> Iterator[None]:
    """Prints the requests of a running mock during the `with` block, if they are wanted.

    If standard output is no terminal, nobody looks, and nothing is printed.
    """
    if is_wanted and sys.stdout.isatty():
        with RequestPrinter(mock, out):
            yield
    else:
        yield


def request_texts(
    line: RequestLine, now: time.struct_time, width: int, *, names_world: bool = False
) -> list[Text]:
    """Returns a request as one line of text, and then why it was refused.

    On a narrow terminal, the result of the request has a line of its own. No line is wider than `width`,
    which is at least 24.

    now: the local time to show.
    names_world: whether to show the name of the world.
    """
    words = [time.strftime("%H:%M:%S", now), *([line.world] if names_world else [])]
    words += [line.server or "unknown key", line.asked]
    status = "no answer" if line.status is None else str(line.status)
    times = f" \u00d7 {line.count}" if line.count > 1 else ""
    result = f"{status}  {1000 * line.seconds:.1f} ms{times}"
    style, head = _style(line.status), visible_line("  ".join(words))
    if len(head) + 2 + len(result) <= width:
        return [Text.assemble(head, "  ", (result, style)), *_indented(line.why, width, style)]
    return [Text(_cut(head, width)), *_indented(result, width, style), *_indented(line.why, width, style)]


def news_texts(news: RuleNews, width: int) -> list[Text]:
    """Returns each broken rule, with what happened and what a careful worker does, and the verdict."""
    texts = [text for violation in news.broken for text in _rule_texts(news, violation, width)]
    if news.verdict is not None:
        style = _GOOD if news.verdict == "pass" else _FAILED
        verdict = f"{news.scenario} has ended, verdict so far: {news.verdict}"
        texts += _wrapped(verdict, width, style)
    return texts


def _rule_texts(news: RuleNews, violation: Violation, width: int) -> list[Text]:
    head = f"{news.scenario}: the rule {violation.rule} is broken{_where(violation)}"
    return [
        *_wrapped(head, width, _FAILED),
        *_indented(violation.short_message, width, _FAILED),
        *_indented(violation.advice, width, ""),
    ]


def _where(violation: Violation) -> str:
    if not violation.exchanges:
        return ""
    shown = violation.exchanges[:5]
    return f" (exchange{'s' if len(shown) > 1 else ''} {', '.join(map(str, shown))})"


def _indented(text: str, width: int, style: str) -> list[Text]:
    return _wrapped(text, width, style, indent=_INDENT * " ")


def _wrapped(text: str, width: int, style: str, *, indent: str = "") -> list[Text]:
    lines = wrap(
        visible_line(text),
        max(width, _MIN_WIDTH),
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )
    return [Text(line, style) for line in lines]


def _cut(text: str, width: int) -> str:
    width = max(width, _MIN_WIDTH)
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _style(status: int | None) -> str:
    if status is None or status >= 500:
        return _FAILED
    return _GOOD if status < 400 else _REFUSED
