"""Built packages turned into a choice for each: a zip, an image, or neither, and the reason in words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mlspec.targets.aws.forms import ZIP_LIMIT, Form, form_for
from mlspec.targets.packaging.build import Package

INIT_LIMIT = 10.0  # seconds before the first request: .../lambda/latest/dg/lambda-runtime-environment.html
TRAINING = "training"
SERVING = ("inference", "inference-compiled")
_MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Choice:
    """How a unit is shipped and why. `init` is in seconds (None: not measured here), the form's room in bytes."""

    package: Package
    form: Form
    init: float | None


def choose(package: Package, *, init: float | None, asked: str = "auto", memory: int = 2**30) -> Choice:
    """The form of one unit; `asked` is what the spec says of the units that serve, `memory` their bytes of it."""
    form = form_for(asked, unpacked=package.unpacked, memory=memory) if package.unit in SERVING else _beside(package)
    if init is not None and init > INIT_LIMIT:
        form = replace(form, name="refused", why=f"it starts in {init:.1f} s; Lambda gives {INIT_LIMIT:.0f}")
    return Choice(package, form, init)


def refused(choices: Sequence[Choice]) -> tuple[Choice, ...]:
    """Those that can be shipped in no form."""
    return tuple(choice for choice in choices if choice.form.name == "refused")


def _beside(package: Package) -> Form:
    """A unit that holds no model: it is a zip, or nothing."""
    if package.unit == TRAINING:
        return Form("zip", "a zip: SageMaker unpacks it beside its own image, and sets no limit", 0)
    if package.unpacked <= ZIP_LIMIT:
        return Form("zip", f"a zip: within Lambda's {ZIP_LIMIT // _MEBIBYTE} MiB", 0)
    size = package.unpacked // _MEBIBYTE
    return Form("refused", f"{size} MiB unpacked are more than Lambda's {ZIP_LIMIT // _MEBIBYTE}", 0)
