"""Whether what answers on Lambda ships as a zip or as an image, why, and how large its model may be: the one rule.

The compiler asks with the sizes that are known then; `mlspec package` asks again with what was built."""

from dataclasses import dataclass
from typing import Literal

from mlspec.compiler.units.locks import unpacked_size
from mlspec.specs.models import Serving

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
ZIP_LIMIT = 250 * 2**20
IMAGE_LIMIT = 10 * 2**30
MODEL_ROOM = 128 * 2**20  # what a zip keeps free for a model; the gate refuses a larger one
# A model that is loaded was measured to take three times its file: its bytes, the parsed graph, the packed weights.
_TIMES_ITS_FILE = 3
_RUNTIME_MEMORY = 256 * 2**20
_LARGEST_ONNX = 2**31 - 2**20  # one protobuf message: https://protobuf.dev/programming-guides/proto-limits/
_OURS = 2**20  # the unit's own files, with what Python compiles of them
_MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Form:
    """How it ships, in words why, and the largest model in bytes; `refused` fits in no form that was asked for."""

    name: Literal["zip", "image", "refused"]
    why: str
    room: int


def form_of(serving: Serving) -> Form:
    """The form of a spec's function, by the sizes of the locked requirements."""
    return form_for(
        serving.package,
        unpacked=unpacked_size("inference", serving.python, serving.architecture) + _OURS,
        memory=serving.memory.bytes,
    )


def form_for(asked: str, *, unpacked: int, memory: int) -> Form:
    """The form for `unpacked` bytes of code in a function of `memory` bytes; `asked` is auto, zip or image."""
    size, room = -(-unpacked // _MEBIBYTE), image_room(memory)
    over = f"{size} MiB unpacked and {MODEL_ROOM // _MEBIBYTE} for a model are over the 250 of a zip"
    if unpacked > IMAGE_LIMIT:
        return Form("refused", f"{size} MiB unpacked is more than an image may have", 0)
    if asked == "image":
        return Form("image", f"an image, because the spec asks for one: models of up to {_shown(room)}", room)
    if unpacked + MODEL_ROOM <= ZIP_LIMIT:
        asking = ", as the spec asks" if asked == "zip" else ""
        return Form("zip", f"a zip{asking}: {size} MiB unpacked leave {_shown(MODEL_ROOM)} for a model", MODEL_ROOM)
    if asked == "auto":
        return Form("image", f"an image, because {over}", room)
    return Form("refused", over, 0)


def image_room(memory: int) -> int:
    """The largest model, in bytes, that a function of `memory` bytes can load; what a zip takes, it takes as well."""
    return max(MODEL_ROOM, min((memory - _RUNTIME_MEMORY) // _TIMES_ITS_FILE, _LARGEST_ONNX))


def _shown(size: int) -> str:
    return f"{size // _MEBIBYTE} MiB"
