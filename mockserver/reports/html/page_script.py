"""The script of the HTML page: the modules that it shares with the inspector, and its own, as one module."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_INSPECTOR, _REPORT = "workerkit.mockserver.inspector", __package__
# Each module stands behind those that it imports.
_MODULES = (
    (_INSPECTOR, "dom.js"),
    (_INSPECTOR, "lanes.js"),
    (_REPORT, "phrase.js"),
    (_REPORT, "copy.js"),
    (_REPORT, "run.js"),
    (_REPORT, "trace.js"),
    (_REPORT, "case_list.js"),
    (_REPORT, "start.js"),
)
_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
# The text of a call of phrase.js.
_PHRASE = re.compile(r'\bphrase\(\s*"([^"\\]+)"')
_EXPORT = re.compile(r"^export (?=async |class |const |function )", re.MULTILINE)


@cache
def page_script() -> str:
    """Returns the script. It imports nothing, because a page on disk cannot import files."""
    return "".join(map(_without_links, _MODULES))


def script_phrases() -> list[str]:
    """Returns the English texts that the script shows."""
    return list(dict.fromkeys(_PHRASE.findall(page_script())))


def _without_links(module: tuple[str, str]) -> str:
    """Returns the text of a module without its imports and exports: all names are in one script."""
    package, name = module
    text = resources.files(package).joinpath(name).read_text("utf-8")
    return _EXPORT.sub("", _IMPORT.sub("", text))
