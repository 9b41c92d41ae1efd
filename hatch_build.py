"""What Hatchling does beyond its settings in pyproject.toml, when it builds the package."""

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

# A link of Markdown to a file: no address, and no place in the same page.
_LINK_TO_A_FILE = re.compile(r"\]\((?![a-z]+:|#)([^)\s]+)\)")
# What a reader has to write in place of the names below. Readers see it as long as there is no address.
_NOTE = re.compile(r"<!-- no address -->\n.*?<!-- end -->\n+", re.DOTALL)


def with_address(text: str, address: str) -> str:
    """A document with the project's address in place of OWNER/workerkit and ADDRESS_OF_WORKERKIT.

    Without an address, the document stays as it is.
    """
    if not address:
        return text
    repository = urlsplit(address).path.strip("/")
    text = _NOTE.sub("", text).replace("OWNER/workerkit", repository)
    return text.replace("ADDRESS_OF_WORKERKIT", address)


class ProjectAddress(MetadataHookInterface):
    """Writes the project's address into the metadata and into the links of the long description.

    The address is in pyproject.toml: `[tool.hatch.metadata.hooks.custom] address`. While it is empty, the
    metadata has no addresses, and the links stay relative.
    """

    def update(self, metadata: dict[str, Any]) -> None:
        address = str(self.config["address"]).rstrip("/")
        text = with_address(Path(self.root, "README.md").read_text("utf-8"), address)
        metadata["urls"] = _urls(address) if address else {}
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": _LINK_TO_A_FILE.sub(rf"]({address}/blob/main/\1)", text) if address else text,
        }


def _urls(address: str) -> Mapping[str, str]:
    return {
        "Homepage": address,
        "Documentation": f"{address}#readme",
        "Changelog": f"{address}/blob/main/CHANGELOG.md",
        "Issues": f"{address}/issues",
    }


def catalogue_files() -> list[Path]:
    """The catalogues of messages, one for each language but English."""
    return sorted(Path(__file__).with_name("openapi").joinpath("languages").glob("*.po"))


def compile_catalogue(file: Path) -> None:
    """Writes a catalogue beside its file as the kit reads it: `vi.mo` beside `vi.po`."""
    with file.open("rb") as source:
        catalogue = read_po(source, locale=file.stem)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    file.with_suffix(".mo").write_bytes(compiled.getvalue())


class PackageFiles(BuildHookInterface[Any]):
    """Compiles the catalogues, and puts the pages of the documentation into a wheel, for `workerkit docs`.

    For an editable install, links the rooms and the files of `package/` into .dev/workerkit, so that it has
    the same names as the wheel. There, `workerkit docs` reads the pages of the repository.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        for file in catalogue_files():
            compile_catalogue(file)
        if version != "editable":
            build_data["force_include"] |= self._pages()
            return
        links = Path(self.root, ".dev", "workerkit")
        links.mkdir(parents=True, exist_ok=True)
        for path in self._linked_paths():
            link = links / path.name
            if not link.is_symlink():
                link.symlink_to(Path("..", "..", path), target_is_directory=path.suffix == "")

    def _pages(self) -> dict[str, str]:
        """The files of the pages, each with its path in the wheel."""
        docs = Path(self.root, "docs")
        pages = (path.relative_to(docs) for path in docs.rglob("*.md"))
        return {
            str(docs / page): f"workerkit/docs/{page.as_posix()}"
            for page in pages
            if page.parts[0] != "made_pages"
        }

    def _linked_paths(self) -> Iterator[Path]:
        """The paths from the root of all that the wheel has below `workerkit`."""
        for folder in map(Path, self.build_config.target_config["only-include"]):
            if folder.name == "package":
                files = (path for path in Path(self.root, folder).iterdir() if path.is_file())
                yield from (folder / path.name for path in files)
            else:
                yield folder
