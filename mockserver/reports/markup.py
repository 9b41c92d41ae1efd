"""Builds XML and HTML elements. All content is text and is escaped when the element is written."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from workerkit.openapi.formats.visible_text import visible_text

Child = Element | str | None


def element(tag: str, *children: Child, **attributes: str | int | float | None) -> Element:
    """Returns an element. Children and attributes that are None are left out.

    In the names of attributes a `_` at the end is dropped, and any other `_` becomes a hyphen.
    """
    result = Element(
        tag,
        {
            _name(key): visible_text(value if isinstance(value, str) else str(value))
            for key, value in attributes.items()
            if value is not None
        },
    )
    for child in children:
        _append(result, child)
    return result


def _append(parent: Element, child: Child) -> None:
    if isinstance(child, Element):
        parent.append(child)
    elif child:
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + visible_text(child)
        else:
            parent.text = (parent.text or "") + visible_text(child)


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")
