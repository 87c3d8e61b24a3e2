"""A built package turned into the build context of a Lambda image: its files as they are, under AWS's own base."""

import shutil
import zipfile
from pathlib import Path

from mlspec.targets.packaging.platforms import Platform, machine_of

# The base is an argument, so that a build can name it by digest or from a mirror: --build-arg BASE=...
_DOCKERFILE = """ARG BASE=public.ecr.aws/lambda/python:{python}-{machine}
FROM ${{BASE}}
COPY task/ ${{LAMBDA_TASK_ROOT}}/
CMD ["handler.handler"]
"""


def write_context(package: Path, folder: Path, where: Platform) -> Path:
    """`folder` with a Dockerfile and `task/`, the package unpacked; what was there before is replaced.

    Nothing is installed while the image is built: its content is the zip's, which is pinned, hashed and pruned."""
    if folder.exists():
        shutil.rmtree(folder)
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder / "task")
    machine = {"x86_64": "x86_64", "aarch64": "arm64"}[machine_of(where.architecture.rpartition("-")[2])]
    (folder / "Dockerfile").write_text(_DOCKERFILE.format(python=where.python, machine=machine))
    return folder
