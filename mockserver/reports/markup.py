"""Elements of XML and HTML. Whatever is put in is text: it is escaped when it is written."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

# What XML 1.0 has no way to say, not even escaped: control characters, lone surrogates, two non-characters.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")

Child = Element | str | None


def legal(text: str) -> str:
    """The text without the colours of a terminal, and with a replacement for what XML cannot say."""
    return _ILLEGAL.sub("\ufffd", _ESCAPE.sub("", text))


def element(tag: str, *children: Child, **attributes: str | int | float | None) -> Element:
    """An element. In names of attributes a `_` at the end is dropped and others become hyphens.

    Children and attributes that are None are left out.
    """
    made = Element(
        tag, {_name(key): legal(str(each)) for key, each in attributes.items() if each is not None}
    )
    for child in children:
        _append(made, child)
    return made


def _append(parent: Element, child: Child) -> None:
    if isinstance(child, Element):
        parent.append(child)
    elif child:
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + legal(child)
        else:
            parent.text = (parent.text or "") + legal(child)


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")
