"""Fills the cache with what Lambda units need, for this machine and for Lambda: builds then need no network."""

from importlib.resources import files

from mlspec.targets.packaging.platforms import Platform
from mlspec.targets.packaging.wheels import base_zip

LOCKS = ("inference.lock", "inference-compiled.lock")


def warm() -> None:
    """Fetch, once, what those locks pin."""
    folder = files("mlspec.compiler") / "units" / "locks"
    for lock in (name for name in LOCKS if (folder / name).is_file()):
        for where in (Platform.local(), Platform("3.12", "x86_64")):
            base_zip((folder / lock).read_text(), where)


if __name__ == "__main__":
    warm()
