"""What stands against the form that a spec asks its function to ship in."""

from collections.abc import Iterator

from mlspec.specs.models import Spec
from mlspec.targets.aws.forms import form_of
from mlspec.targets.aws.lower.refusal import Refusal

_PATH = "serving.package"


def idle_package(spec: Spec) -> Iterator[Refusal]:
    """A container is an image, and nothing else."""
    if spec.serving.target != "lambda" and spec.serving.package != "auto":
        yield Refusal(_PATH, "package has an effect with target lambda only", "leave it out")


def package_fits(spec: Spec) -> Iterator[Refusal]:
    """A zip that would be too large."""
    form = form_of(spec.serving)
    if spec.serving.target == "lambda" and form.name == "refused":
        yield Refusal(_PATH, form.why, "use package: image, or leave it out")


def no_snapshot_of_images(spec: Spec) -> Iterator[Refusal]:
    """https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html: of functions in zips alone."""
    if spec.serving.snap_start and form_of(spec.serving).name == "image":
        message = "Lambda takes no snapshot of a function in an image"
        yield Refusal("serving.snap_start", message, "leave snap_start out, or use package: zip")
