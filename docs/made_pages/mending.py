"""The pages about mending: one for each group of rules, made from the two folders called `mending`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from docs.made_pages.markdown import introduction, table
from workerkit.contracts.mending.server_mending import SERVER_LANGUAGES, ServerMending, server_mendings
from workerkit.contracts.page.rules import RULES as SERVER_RULES
from workerkit.openapi.formats import yaml_nodes
from workerkit.openapi.languages.phrase import text_in
from workerkit.openapi.page.page import Sentence
from workerkit.scenarios.mending.mending import PROGRAMMING_LANGUAGES, Mending, mendings
from workerkit.scenarios.mending.rule_text import scenarios_about
from workerkit.scenarios.rules import RULES

_SMALL_WORKERS = Path(__file__).parents[2] / "examples/small-worker"
_FENCES = {"python": "python", "node": "js", "sql": "sql", "javascript": "js"}
_TEXTS: Mapping[str, Any] = yaml_nodes.load(
    Path(__file__).with_suffix(".yaml").read_text("utf-8"), name="mending.yaml"
).plain()
# The title and the first sentence of each page, and the labels of the entries, by language.
_GROUPS: Mapping[str, Mapping[str, Mapping[str, str]]] = _TEXTS["groups"]
_WORDS: Mapping[str, Mapping[str, str]] = _TEXTS["words"]
WORKER_GROUPS = tuple(dict.fromkeys(mending.group for mending in mendings().values()))
SERVER_GROUPS = tuple(dict.fromkeys(mending.group for mending in server_mendings().values()))


def group_page(group: str, language: str) -> str:
    """The page of a group of rules as Markdown."""
    texts = _GROUPS[group][language]
    how_tried = _WORDS[language]["worker" if group in WORKER_GROUPS else "server"]
    head = f"# {texts['title']}\n\n{texts['begin']} {how_tried}\n"
    return "\n".join([head, *_entries(group, language)])


def index_page(language: str) -> str:
    """The page that leads from each rule to its entry."""
    words = _WORDS[language]
    parts = [introduction("mending", language)]
    for heading, groups in ((words["workers"], WORKER_GROUPS), (words["servers"], SERVER_GROUPS)):
        parts += [f"## {heading}\n", table((words["rule"], words["page"]), _index_rows(groups, language))]
    names = "\n".join([*WORKER_GROUPS, "small-worker", *SERVER_GROUPS])
    return "\n".join([*parts, f"```{{toctree}}\n:hidden:\n\n{names}\n```\n"])


def small_worker_page(language: str) -> str:
    """The page with the small workers of the snippets."""
    files = {"Python": ("worker.py", "python"), "Node": ("worker.js", "js")}
    texts = [
        f"## {name}\n\n" + _fenced(fence, (_SMALL_WORKERS / file).read_text("utf-8"))
        for name, (file, fence) in files.items()
    ]
    return "\n".join([introduction("small-worker", language), *texts])


def _entries(group: str, language: str) -> Iterator[str]:
    for mending in mendings().values():
        if mending.group == group:
            yield _worker_entry(mending, language)
    for server_mending in server_mendings().values():
        if server_mending.group == group:
            yield _server_entry(server_mending, language)


def _index_rows(groups: Iterable[str], language: str) -> Iterator[tuple[str, str]]:
    workers = {rule: mending.group for rule, mending in mendings().items()}
    group_of = {**workers, **{rule: mending.group for rule, mending in server_mendings().items()}}
    for group in groups:
        for rule in group_of:
            if group_of[rule] == group:
                yield f"[`{rule}`]({group}.md#{rule})", f"[{_GROUPS[group][language]['title']}]({group}.md)"


def _worker_entry(mending: Mending, language: str) -> str:
    words, rule = _WORDS[language], RULES[mending.rule]
    mistake, why, careful = (text_in(text, language) for text in (mending.mistake, rule.why, rule.careful))
    parts = [
        f"## {mending.rule}\n",
        f"{mistake}\n",
        f"{words['why']}: {why}\n",
        f"{words['careful']} {careful}.\n",
        f"{_scenarios(mending.rule, language)}\n",
        f"[{words['exactly']}](../../reference/rules.md#{mending.rule})\n",
    ]
    for name, title in PROGRAMMING_LANGUAGES.items():
        snippet = mending.snippets[name]
        parts += [f"{words['bad']} {title}:\n", _fenced(_FENCES[name], snippet.bad)]
        parts += [f"{words['good']} {title}:\n", _fenced(_FENCES[name], snippet.good)]
    return "\n".join(parts)


def _scenarios(rule: str, language: str) -> str:
    words = _WORDS[language]
    names = scenarios_about(rule)
    listed = ", ".join(f"`{name}`" for name in names)
    sentences = [words["everywhere"]] if RULES[rule].general else []
    return " ".join([*sentences, *([f"{words['expected']}: {listed}."] if names else [])])


def _server_entry(mending: ServerMending, language: str) -> str:
    words = _WORDS[language]
    sentence = next(rule.sentence for rule in SERVER_RULES if rule.id == mending.rule)
    request = words["requests" if "\n\n" in mending.request else "request"]
    parts = [
        f"## {mending.rule}\n",
        f"{text_in(mending.means, language)}\n",
        f"{words['sentence']}: {_quoted(sentence, language)}\n",
        f"{request}:\n",
        _fenced("text", mending.request),
        f"{words['wrong']}:\n",
        _fenced("text", mending.wrong),
        f"{words['right']}:\n",
        _fenced("text", mending.right),
        f"{words['cause']}: {text_in(mending.cause, language)}\n",
    ]
    if mending.language is not None:
        title = SERVER_LANGUAGES[mending.language]
        parts += [f"{words['mended']} {title}:\n", _fenced(_FENCES[mending.language], mending.snippet)]
    return "\n".join([*parts, f"{words['mutant']}: `{mending.mutant}`.\n"])


def _quoted(sentence: Sentence, language: str) -> str:
    """The sentence as the API's page has it. In English, its meaning follows."""
    meaning = f" ({sentence.gist.rstrip('.,:')})" if language == "en" else ""
    return f"`{sentence.text}`{meaning}"


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```\n"
