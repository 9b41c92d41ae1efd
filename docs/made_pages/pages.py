"""Which pages are made from the code, and by what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from docs.made_pages.commands import commands_page
from docs.made_pages.faults import faults_page
from docs.made_pages.mending import SERVER_GROUPS, WORKER_GROUPS, group_page, index_page, small_worker_page
from docs.made_pages.rules import rules_page
from docs.made_pages.settings import settings_page
from docs.made_pages.silences import silences_page

DOCS = Path(__file__).parents[1]
FOLDERS: Mapping[str, Path] = {"en": DOCS, "vi": DOCS / "vi"}
# Each function takes the language.
PAGES: Mapping[str, Callable[[str], str]] = {
    "reference/commands.md": commands_page,
    "reference/faults.md": faults_page,
    "reference/rules.md": rules_page,
    "reference/settings.md": settings_page,
    "reference/silences.md": silences_page,
    "how-to/mend/index.md": index_page,
    "how-to/mend/small-worker.md": small_worker_page,
    **{f"how-to/mend/{group}.md": partial(group_page, group) for group in (*WORKER_GROUPS, *SERVER_GROUPS)},
}


def made_pages() -> dict[Path, str]:
    """The texts of all made pages in both languages, by their files."""
    return {
        folder / name: page(language) for language, folder in FOLDERS.items() for name, page in PAGES.items()
    }
