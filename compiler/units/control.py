"""What the functions that steer the workflow have in common: two short files, and nothing but the platform's boto3."""

from typing import Literal

from mlspec.compiler.graph import Unit
from mlspec.specs.checked import Checked


def control_unit(
    checked: Checked, name: Literal["start", "gate", "rollout"], *, vendored: str, handler: str, settings: str
) -> Unit:
    """The unit whose entry is `handler.handler`; `handler` is a template that takes the spec's name."""
    return Unit(
        name=name,
        files={"handler.py": handler.format(name=checked.spec.name).encode(), "settings.py": settings.encode()},
        vendored=(vendored,),
        requirements=(),
        python=checked.spec.serving.python,
        architecture=checked.spec.serving.architecture,
        platform="lambda",
    )


def source_line(checked: Checked, path: str) -> str:
    """Where in the spec the value at `path` comes from, fit for a comment."""
    origin = checked.origins.of(path)
    text = f"{origin.span.file}:{origin.span.line}" if origin.span else str(origin)
    return ascii(" ".join(text.split()))[1:-1].replace('"', "'")
