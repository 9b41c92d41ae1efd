"""Writes all pages that are made from the code: `python -m docs.made_pages`."""

from __future__ import annotations

from docs.made_pages.pages import made_pages

for path, text in made_pages().items():
    path.write_text(text, encoding="utf-8")
