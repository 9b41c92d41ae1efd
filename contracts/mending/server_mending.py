"""How to mend a server that breaks a rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import PurePath

from workerkit.openapi.formats import yaml_nodes
from workerkit.openapi.languages.phrase import phrase_of

# The languages of the snippets, as people write them.
SERVER_LANGUAGES: Mapping[str, str] = {"sql": "SQL", "python": "FastAPI", "javascript": "Express"}


@dataclass(frozen=True, slots=True)
class ServerMending:
    """How to mend a server that breaks one rule.

    rule: the id of the rule.
    group: the group of the rule, such as `lists`. It is also the name of the page that has the rule.
    means: what the rule demands of a server.
    cause: why a server usually breaks the rule.
    mutant: the id of a mutant of the mock that gives the wrong answer.
    request: the request that shows it. Before it there may be others, with an empty line between them.
    wrong: the answer of a server that breaks the rule: its status, and the part of its JSON that matters.
    right: the answer of a server that keeps the rule.
    language: the language of the snippet, as in SERVER_LANGUAGES. None without a snippet.
    snippet: the mended part of a server. Empty without a snippet.
    """

    rule: str
    group: str
    means: str
    cause: str
    mutant: str
    request: str
    wrong: str
    right: str
    language: str | None
    snippet: str


@cache
def server_mendings() -> Mapping[str, ServerMending]:
    """Returns how to mend each rule for servers, by the rule's id, in the order of the files."""
    folder = resources.files("workerkit.contracts").joinpath("mending")
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name
    )
    return {
        rule: _mending(rule, PurePath(file.name).stem, **entry)
        for file in files
        for rule, entry in yaml_nodes.load(file.read_text("utf-8"), name=file.name).plain().items()
    }


def _mending(
    rule: str,
    group: str,
    *,
    means: str,
    cause: str,
    vi: Mapping[str, str],
    mutant: str,
    request: str,
    wrong: str,
    right: str,
    **snippets: str,
) -> ServerMending:
    language = next((name for name in SERVER_LANGUAGES if name in snippets), None)
    return ServerMending(
        rule,
        group,
        phrase_of(means, vi=vi["means"]),
        phrase_of(cause, vi=vi["cause"]),
        mutant,
        request,
        wrong,
        right,
        language,
        snippets[language] if language else "",
    )
