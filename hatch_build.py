"""Links the rooms into .dev/workerkit, so that an editable install has the same names as the wheel."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class EditableRooms(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            return
        package = Path(self.root, ".dev", "workerkit")
        package.mkdir(parents=True, exist_ok=True)
        for room in self.build_config.target_config["only-include"]:
            link = package / room
            if not link.is_symlink():
                link.symlink_to(Path("..", "..", room), target_is_directory=True)
