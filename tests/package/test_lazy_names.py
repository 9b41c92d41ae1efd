"""Names that are imported when somebody uses them."""

from __future__ import annotations

from typing import Any

import pytest

from workerkit.lazy_names import lazy_names


def test_a_name_is_found_once_and_then_kept() -> None:
    package: dict[str, Any] = {"__name__": "package"}
    get = lazy_names(package, {"parse": "json:loads"})
    assert "parse" not in package
    assert get("parse")("[1]") == [1]
    assert package["parse"] is get("parse")


def test_another_name_is_an_attribute_error_as_of_every_module() -> None:
    get = lazy_names({"__name__": "package"}, {"parse": "json:loads"})
    with pytest.raises(AttributeError, match="module 'package' has no attribute 'pars'"):
        get("pars")
