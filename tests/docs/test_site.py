"""The built site in a browser: no page is wider than the screen, and axe finds nothing, in light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.docs.conftest import build
from tests.mockserver.docs_page.axe import axe_findings
from tests.mockserver.docs_page.browser import CHROMIUM, Page

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: install the package chromium")
WIDTHS = (360, 1440)
SCHEMES = ("light", "dark")
# At least one page of each kind.
PAGES = (
    "en/index",
    "en/search",
    "en/glossary",
    "en/tutorials/worker-node",
    "en/how-to/agents",
    "en/how-to/choose-scenarios",
    "en/how-to/fleet",
    "en/how-to/mend/index",
    "en/how-to/mend/work",
    "en/how-to/other-runners",
    "en/reference/commands",
    "en/reference/exec",
    "en/reference/fixture",
    "en/reference/mock",
    "en/reference/report",
    "en/explanation/comparison",
    "en/explanation/verdicts",
    "en/troubleshooting",
    "vi/index",
    "vi/tutorials/bug-report",
    "vi/how-to/mend/lists",
    "vi/reference/mock",
    "vi/reference/rules",
)
# The parts of the text that go beyond the screen, but for those in a block that can be moved.
PARTS_BEYOND = """width => [...document.querySelectorAll("article *")]
  .filter(part => !part.parentElement.closest("pre, .table-wrapper"))
  .filter(part => part.getBoundingClientRect().right > width)
  .map(part => "wider than the screen: " + part.outerHTML.slice(0, 80))"""
# What is wide, and what has colours.
WIDE_PAGE = """# A page

Text with a [link](#a-page), `code` and **bold**.

| option | does |
| --- | --- |
| `--a-very-long-option-without-a-place-to-break NAME` | `a-very-long-value-without-a-place-to-break` |

```python
def a_function_with_a_long_name(argument: str) -> str:  # and a comment that is longer than the line
    return f"{argument} and 1 text"
```

```{toctree}
:caption: Pages
:hidden:

other
```
"""


def open_page(browser: Page, file: Path, width: int, scheme: str) -> None:
    browser.open("about:blank", width=width)
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    browser.command("Emulation.setEmulatedMedia", features=features)
    browser.command("Page.navigate", url=file.as_uri())
    browser.wait_for("location.protocol === 'file:' && document.readyState === 'complete'")


def findings(browser: Page, file: Path) -> list[Any]:
    """What is wrong with a page at any width, in light or in dark."""
    found: list[Any] = []
    for width in WIDTHS:
        for scheme in SCHEMES:
            open_page(browser, file, width, scheme)
            beyond = browser.value(f"({PARTS_BEYOND})({width})")
            problems = beyond + axe_findings(browser) + browser.errors
            found += [(width, scheme, problem) for problem in problems]
    return found


@pytest.mark.long
@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_read_a_page_at_each_width(browser: Page, sites: Path, name: str) -> None:
    assert findings(browser, sites / f"{name}.html") == []


def test_everybody_can_read_a_page_with_wide_parts(browser: Page, tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "index.md").write_text(WIDE_PAGE, encoding="utf-8")
    (pages / "other.md").write_text("# Another page\n", encoding="utf-8")
    build(pages, tmp_path / "site", "en")
    assert findings(browser, tmp_path / "site/index.html") == []


@pytest.mark.long
def test_the_tab_key_reaches_only_blocks_that_are_wider_than_their_place(browser: Page, sites: Path) -> None:
    open_page(browser, sites / "en/tutorials/worker-node.html", 360, "light")
    states = "block => [block.scrollWidth > block.clientWidth, block.tabIndex]"
    blocks = browser.value(f"[...document.querySelectorAll('pre')].map({states})")
    assert {(True, 0), (False, -1)} == {tuple(block) for block in blocks}
