"""Built packages turned into a choice for each: a zip, an image, or neither, and the reason in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mlspec.targets.packaging.build import LAMBDA_LIMIT, Package

Form = Literal["zip", "image", "refused"]

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html and .../lambda-runtime-environment.html
IMAGE_LIMIT = 10 * 2**30
INIT_LIMIT = 10.0  # seconds an on-demand function has before its first request
MODEL_ROOM = 128 * 2**20  # what a release may add; a larger one is refused before it is released
TRAINING = "training"
SERVING = ("inference", "inference-compiled")
_MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Choice:
    """How a unit is shipped and why. `init` is in seconds (None: not measured here), `room` in bytes for a model."""

    package: Package
    form: Form
    why: str
    init: float | None
    room: int


def choose(package: Package, *, init: float | None, asked: str = "auto") -> Choice:
    """The form of one unit; `asked` is what the spec says of the units that serve: auto, zip or image."""
    room = LAMBDA_LIMIT - package.unpacked
    form, why = _by_size(package, room=room, asked=asked if package.unit in SERVING else "zip")
    if init is not None and init > INIT_LIMIT:
        return Choice(package, "refused", f"it starts in {init:.1f} s; Lambda gives {INIT_LIMIT:.0f}", init, room)
    return Choice(package, form, why, init, room)


def refused(choices: Sequence[Choice]) -> tuple[Choice, ...]:
    """Those that can be shipped in no form."""
    return tuple(choice for choice in choices if choice.form == "refused")


def _by_size(package: Package, *, room: int, asked: str) -> tuple[Form, str]:
    size, needed = package.unpacked // _MEBIBYTE, MODEL_ROOM // _MEBIBYTE if package.unit in SERVING else 0
    if package.unit == TRAINING:
        return "zip", "SageMaker unpacks it beside its own image; no limit"
    if package.unpacked > IMAGE_LIMIT:
        return "refused", f"{size} MiB unpacked is more than an image may have"
    if asked == "image":
        return "image", "the spec asks for an image"
    if room >= needed * _MEBIBYTE:
        return "zip", f"leaves {room // _MEBIBYTE} MiB for a model" if needed else "within Lambda's 250 MiB"
    if asked == "auto":
        return "image", f"{size} MiB unpacked and {needed} MiB for a model are over Lambda's 250 for a zip"
    return "refused", f"{size} MiB unpacked and {needed} MiB for a model are over Lambda's 250 for a zip"
