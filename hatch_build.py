"""What Hatchling does beyond its settings in pyproject.toml, when it builds the package."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

# A link of Markdown to a file: no address, and no place in the same page.
_LINK_TO_A_FILE = re.compile(r"\]\((?![a-z]+:|#)([^)\s]+)\)")


class ProjectAddress(MetadataHookInterface):
    """Writes the project's address into the metadata and into the links of the long description.

    The address is in pyproject.toml: `[tool.hatch.metadata.hooks.custom] address`. While it is empty, the
    metadata has no addresses, and the links stay relative.
    """

    def update(self, metadata: dict[str, Any]) -> None:
        address = str(self.config["address"]).rstrip("/")
        text = Path(self.root, "README.md").read_text("utf-8")
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


class EditableRooms(BuildHookInterface[Any]):
    """Links the rooms and the files of `package/` into .dev/workerkit.

    So an editable install has the same names as the wheel.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            return
        links = Path(self.root, ".dev", "workerkit")
        links.mkdir(parents=True, exist_ok=True)
        for path in self._linked_paths():
            link = links / path.name
            if not link.is_symlink():
                link.symlink_to(Path("..", "..", path), target_is_directory=path.suffix == "")

    def _linked_paths(self) -> Iterator[Path]:
        """The paths from the root of all that the wheel has below `workerkit`."""
        for folder in map(Path, self.build_config.target_config["only-include"]):
            if folder.name == "package":
                files = (path for path in Path(self.root, folder).iterdir() if path.is_file())
                yield from (folder / path.name for path in files)
            else:
                yield folder
