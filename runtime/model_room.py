"""How large a model may be in the form that its function ships in, and what to write in the spec for a larger one."""

from collections.abc import Mapping
from dataclasses import dataclass

_MEBIBYTE = 2**20
_HINTS = {
    "zip": "a function that is shipped as a zip takes no more; serving.package: image takes a larger model",
    "image": "its function's memory takes no more; raise serving.memory, or serve a smaller model",
}


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes that a model's files may take unpacked, and the hint for one that takes more."""

    size: int
    hint: str

    @property
    def shown(self) -> str:
        """The size in words."""
        return f"{self.size // _MEBIBYTE} MiB"


def room_of(environment: Mapping[str, str]) -> Room:
    """As the environment says: MLSPEC_PACKAGE is zip or image, MLSPEC_MODEL_ROOM bytes."""
    return Room(int(environment["MLSPEC_MODEL_ROOM"]), _HINTS[environment["MLSPEC_PACKAGE"]])
