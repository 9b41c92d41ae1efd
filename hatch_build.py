"""Links the rooms and the files of `package/` into .dev/workerkit.

So an editable install has the same names as the wheel.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class EditableRooms(BuildHookInterface[Any]):
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
