"""What a package is built for: a Python and a processor, in the words of pip and of the machine at hand."""

import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Platform:
    """A Python and a processor; `here` means this interpreter, as the mocked cloud runs it."""

    python: str
    architecture: str
    here: bool = False

    @property
    def tag(self) -> str:
        """The platform in one word, part of every cache key."""
        return f"{'here-' if self.here else ''}cp{self.python.replace('.', '')}-{self.architecture}"

    @classmethod
    def local(cls) -> "Platform":
        """This interpreter on this machine."""
        return cls(_this_python(), f"{sys.platform}-{platform.machine()}", here=True)

    @property
    def runs_here(self) -> bool:
        """Whether what is built for it can be tried on this machine."""
        return self.here or (sys.platform == "linux" and platform.machine() == machine_of(self.architecture))


def machine_of(architecture: str) -> str:
    """The processor as `uname -m` and wheels call it."""
    return {"arm64": "aarch64"}.get(architecture, architecture)


def pip_flags(where: Platform) -> list[str]:
    """What makes pip choose wheels for `where` and not for this machine."""
    if where.here:
        return []
    machine = machine_of(where.architecture)
    # Lambda's Python 3.12 and later runs on Amazon Linux 2023 (glibc 2.34), earlier ones on glibc 2.26.
    newest = 34 if where.python != "3.11" else 26
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(newest, 16, -1)] + [f"manylinux2014_{machine}"]
    flags = [flag for tag in tags for flag in ("--platform", tag)]
    return [*flags, "--python-version", where.python, "--implementation", "cp"]


def interpreter_of(where: Platform) -> str | None:
    """A Python of the platform's version on this machine, if there is one that runs."""
    if where.here or where.python == _this_python():
        return sys.executable
    return _found(where.python)


@cache
def _found(python: str) -> str | None:
    candidate = shutil.which(f"python{python}")
    if candidate is None:
        return None
    probe = subprocess.run(
        [candidate, "-c", "import sys; print(sys.version_info[:2])"], capture_output=True, check=False
    )
    return candidate if probe.returncode == 0 else None


def _this_python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"
