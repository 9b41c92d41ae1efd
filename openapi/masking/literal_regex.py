"""A regular expression that finds any of many texts.

Its speed almost does not depend on the number of texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby, takewhile

# The regex compiler is recursive. Below this depth the texts are listed as plain alternatives.
_MAX_DEPTH = 12


def regex_of_any(texts: Iterable[str]) -> str:
    """A pattern that matches each of the texts. At one place, it matches the longest text."""
    return _branches(sorted(set(texts)), _MAX_DEPTH)


def _branches(texts: list[str], depth: int) -> str:
    """The pattern for sorted texts: texts with the same first letter are neighbours."""
    if depth == 0 or len(texts) == 1:
        return _alternatives(texts)
    groups = [
        list(group) for first_letter, group in groupby(texts, key=lambda text: text[:1]) if first_letter
    ]
    branches = [_branch(group, depth) for group in groups]
    empty = [""] if "" in texts else []
    return f"(?:{'|'.join([*branches, *empty])})"


def _branch(group: list[str], depth: int) -> str:
    prefix = _common_prefix(group[0], group[-1])
    rest = [text[len(prefix) :] for text in group]
    return re.escape(prefix) + (_branches(rest, depth - 1) if rest != [""] else "")


def _common_prefix(one: str, other: str) -> str:
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return "".join(letter for letter, _ in same)


def _alternatives(texts: list[str]) -> str:
    return f"(?:{'|'.join(re.escape(text) for text in sorted(texts, key=len, reverse=True))})"
