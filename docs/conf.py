"""Sphinx's settings for both languages of the documentation: `make docs` builds each of them."""

import os
import sys
import tomllib
from pathlib import Path

_HERE = Path(__file__).parent
_ROOT = _HERE.parent
sys.path.append(str(_ROOT))

from hatch_build import with_address  # noqa: E402

_LANGUAGES = {"en": "English", "vi": "Tiếng Việt"}

project = "workerkit"
author = "The maintainers of workerkit"
language = os.environ.get("DOCS_LANGUAGE", "en")
extensions = ["myst_parser", "sphinx_copybutton"]
exclude_patterns = ["vi/**", "_templates/**", "made_pages/**"] if language == "en" else []

templates_path = [str(_HERE / "_templates")]
locale_dirs = [str(_HERE / "locale")]
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
nitpicky = True
show_warning_types = True
html_theme = "furo"
html_static_path = [str(_HERE / "_static")]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_title = "workerkit"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/search.html",
        "sidebar/languages.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}


def _pages(folder):
    """The names of the pages in a folder, without their suffix."""
    return {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.md")}


_TWINS = _pages(_HERE) & _pages(_HERE / "vi")
# For the switch of the sidebar, which leads to the same page in the other language.
html_context = {"languages": _LANGUAGES, "shown_language": language, "twins": _TWINS}


def setup(app):
    """Writes the project's address into the pages. It is in pyproject.toml only."""
    settings = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))
    address = settings["tool"]["hatch"]["metadata"]["hooks"]["custom"]["address"].rstrip("/")

    def write_address(_app, _page, source):
        source[0] = with_address(source[0], address)

    app.connect("source-read", write_address)
