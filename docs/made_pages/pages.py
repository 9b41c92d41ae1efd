"""Which pages are made from the code, and by what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from docs.made_pages.commands import commands_page
from docs.made_pages.faults import faults_page
from docs.made_pages.rules import rules_page
from docs.made_pages.settings import settings_page
from docs.made_pages.silences import silences_page

DOCS = Path(__file__).parents[1]
FOLDERS: Mapping[str, Path] = {"en": DOCS / "reference", "vi": DOCS / "vi" / "reference"}
# Each function takes the language.
PAGES: Mapping[str, Callable[[str], str]] = {
    "commands.md": commands_page,
    "faults.md": faults_page,
    "rules.md": rules_page,
    "settings.md": settings_page,
    "silences.md": silences_page,
}


def made_pages() -> dict[Path, str]:
    """The texts of all made pages in both languages, by their files."""
    return {
        folder / name: page(language) for language, folder in FOLDERS.items() for name, page in PAGES.items()
    }
