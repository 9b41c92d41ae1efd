"""Explains syntax errors in YAML in words that need no knowledge of YAML."""

from __future__ import annotations

from yaml import MarkedYAMLError

# The words of libyaml, and what a user can do.
_EXPLANATIONS = {
    "mapping values are not allowed": (
        'a colon is not expected here. Text that contains ": " needs quotes around it. '
        "Keys of the same mapping begin in the same column"
    ),
    "could not find expected ':'": 'a key has no colon, here or in the line above: write "key: value"',
    "did not find expected key": "a key is expected here. Keys of the same mapping begin in the same column",
    "did not find expected '-' indicator": "begin each item of this list with a dash",
    "did not find expected <document start>": "this line does not belong to the file's mapping or list",
    "found unexpected end of stream": "the file ends in the middle of a text: a closing quote is missing",
}
_FENCE = "this line is a Markdown fence and does not belong to the file: remove it and all text outside it"
_UNCLOSED = ("did not find expected ',' or '}'", "did not find expected ',' or ']'")


def explained_syntax_error(error: MarkedYAMLError, text: str) -> str:
    """The place and the message of a syntax error: `12:1: a tab is here: ...`. `text` is the whole file."""
    problem = error.problem or "this is not YAML"
    is_unclosed = problem.startswith(_UNCLOSED)
    mark = (error.context_mark if is_unclosed else error.problem_mark) or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.split("\n")
    fence = next((number for number, words in enumerate(lines[: line + 1], 1) if _is_fence(words)), None)
    if fence is not None:
        return f"{fence}:1: {_FENCE}"
    source = lines[line] if line < len(lines) else ""
    place = f"{line + 1}:{column + 1}"
    if is_unclosed:
        bracket = source[column : column + 1]
        return f"{place}: the bracket {bracket} is not closed, or a comma is missing after it"
    if source[column : column + 1] == "\t" or "\t" in source[: len(source) - len(source.lstrip())]:
        return f"{place}: a tab is here: write spaces instead"
    return f"{place}: {_about_problem(problem, source[column : column + 1])}"


def _is_fence(source: str) -> bool:
    return source.startswith(("```", "~~~"))


def _about_problem(problem: str, character: str) -> str:
    if problem.startswith("found character that cannot start any token"):
        return f"text that begins with {character} needs quotes around it"
    explanations = (words for beginning, words in _EXPLANATIONS.items() if problem.startswith(beginning))
    return next(explanations, problem)
