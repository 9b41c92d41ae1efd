"""The files of Swagger UI: from one version, with its licence, and nothing else."""

from __future__ import annotations

import re
from importlib import resources

FOLDER = resources.files("workerkit.mockserver.docs_page").joinpath("swagger_ui")


def text_of(name: str) -> str:
    return FOLDER.joinpath(name).read_text("utf-8")


def test_the_readme_names_every_file_and_the_version_that_is_there() -> None:
    readme = text_of("README.md")
    (version,) = re.findall(r"^Version: ([0-9]+\.[0-9]+\.[0-9]+)$", readme, re.MULTILINE)
    assert f'"{version}"' in text_of("swagger-ui-bundle.js")
    assert set(re.findall(r"^- `(.+)`", readme, re.MULTILINE)) == {
        path.name for path in FOLDER.iterdir() if path.name != "README.md"
    }


def test_the_licence_is_beside_the_files() -> None:
    assert "Apache License" in text_of("LICENSE")
    assert "SmartBear" in text_of("NOTICE")


def test_no_style_loads_something_from_another_host() -> None:
    assert re.findall(r"@import|url\(\"?(?!\"?data:)", text_of("swagger-ui.css")) == []
