"""Fills the cache with what Lambda units need, for this machine and for Lambda: builds then need no network."""

from mlspec.compiler.units.locks import locked_requirements
from mlspec.targets.packaging.platforms import Platform
from mlspec.targets.packaging.wheels import base_zip


def warm() -> None:
    """Fetch, once, what the one unit among them pins that installs anything."""
    requirements = "\n".join(locked_requirements("inference"))
    for where in (Platform.local(), Platform("3.12", "x86_64")):
        base_zip(requirements, where)


if __name__ == "__main__":
    warm()
