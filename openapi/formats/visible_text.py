"""Makes text from outside harmless before it reaches a terminal, a page or a log.

Answers of servers, requests and output of workers, recordings and files may contain characters that act: they
colour or clear a terminal, reverse the order of letters, end a line, or start a command of a CI system.
"""

from __future__ import annotations

import re

from workerkit.openapi.languages.report_language import in_report_language

# Control characters except tab and line feed, separators of lines, marks that change the direction of text,
# invisible characters, lone surrogates, and characters that XML does not allow. The joiners U+200C and U+200D
# are not in it: some languages need them.
_ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_TERMINAL_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
# GitHub Actions reads `::error::text` at the beginning of a line. CI systems read `##[error]` and
# `##vso[...]` anywhere.
_COMMAND_OF_LINE = re.compile(r"^([^\S\n]*):(?=:[^\n]*::)", re.MULTILINE)
_COMMAND = re.compile(r"#(?=#\w*\[)")
_LINE_END = re.compile("\r\n?")


def visible_text(text: str) -> str:
    """The text in the language of the reports, without terminal escape sequences, for example colours.

    Every other character that acts is written as its code, for example `\\u202e`. So is the first character
    of a command of a CI system. Lines end with a line feed.
    """
    text = _TERMINAL_ESCAPE.sub("", in_report_language(text))
    text = _ACTING.sub(_code, _LINE_END.sub("\n", text))
    return _COMMAND.sub(r"\\u0023", _COMMAND_OF_LINE.sub(r"\1\\u003a", text))


def visible_line(text: str) -> str:
    """Like `visible_text`, for a text that must stay in one line: a line end is written as its code, too."""
    return visible_text(text).replace("\n", "\\u000a")


def visible_json(json_text: bytes) -> bytes:
    """A JSON text with the same value, in which characters that act are written as codes."""
    text = _ACTING.sub(_code, json_text.decode("utf-8", "surrogatepass"))
    return _COMMAND.sub(r"\\u0023", text).encode()


def _code(match: re.Match[str]) -> str:
    """The code of a character as in JSON: a character above U+FFFF has two."""
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[place : place + 2].hex()}" for place in range(0, len(units), 2))
