"""Builds XML and HTML elements. All content is text and is escaped when the element is written."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

# XML 1.0 does not allow these characters, even when they are escaped: most control characters, lone
# surrogates, U+FFFE and U+FFFF.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TERMINAL_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")

Child = Element | str | None


def clean_text(text: str) -> str:
    """Returns the text without terminal escape sequences, for example colours.

    Characters that XML does not allow are replaced by U+FFFD.
    """
    return _ILLEGAL.sub("\ufffd", _TERMINAL_ESCAPE.sub("", text))


def element(tag: str, *children: Child, **attributes: str | int | float | None) -> Element:
    """Returns an element. Children and attributes that are None are left out.

    In the names of attributes a `_` at the end is dropped, and any other `_` becomes a hyphen.
    """
    result = Element(
        tag, {_name(key): clean_text(str(value)) for key, value in attributes.items() if value is not None}
    )
    for child in children:
        _append(result, child)
    return result


def _append(parent: Element, child: Child) -> None:
    if isinstance(child, Element):
        parent.append(child)
    elif child:
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + clean_text(child)
        else:
            parent.text = (parent.text or "") + clean_text(child)


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")
