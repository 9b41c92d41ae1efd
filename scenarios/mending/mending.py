"""How to mend a worker that breaks a rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import PurePath

from workerkit.openapi.formats import yaml_nodes
from workerkit.openapi.languages.phrase import phrase_of

# The languages of the snippets, as people write them.
PROGRAMMING_LANGUAGES: Mapping[str, str] = {"python": "Python", "node": "Node"}


@dataclass(frozen=True, slots=True)
class Snippet:
    """Functions of a small worker, in one programming language.

    bad: a version that breaks the rule.
    good: a version that keeps the rule.
    """

    bad: str
    good: str


@dataclass(frozen=True, slots=True)
class Mending:
    """How to mend one rule for workers.

    rule: the id of the rule.
    group: the group of the rule, such as `trouble`. It is also the name of the page that has the rule.
    mistake: what a worker does wrong that breaks the rule, in one or two sentences.
    snippets: by the programming language, `python` or `node`.
    """

    rule: str
    group: str
    mistake: str
    snippets: Mapping[str, Snippet]


@cache
def mendings() -> Mapping[str, Mending]:
    """Returns how to mend each rule, by the rule's id, in the order of the files."""
    folder = resources.files("workerkit.scenarios").joinpath("mending")
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name
    )
    return {
        rule: _mending(rule, PurePath(file.name).stem, **entry)
        for file in files
        for rule, entry in yaml_nodes.load(file.read_text("utf-8"), name=file.name).plain().items()
    }


def _mending(
    rule: str, group: str, *, mistake: str, vi: dict[str, str], **snippets: dict[str, str]
) -> Mending:
    by_language = {language: Snippet(**snippets[language]) for language in PROGRAMMING_LANGUAGES}
    return Mending(rule, group, phrase_of(mistake, vi=vi["mistake"]), by_language)
