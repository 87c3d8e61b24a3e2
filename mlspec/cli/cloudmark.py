"""Which mocked cloud runs beside a spec, told from its mark on disk alone: `plan` needs no more, and must be quick."""

import json
import os

from mlspec.cli.project import Project
from mlspec.compiler.plan.model import Where


def running_cloud(project: Project) -> Where | None:
    """The live mocked cloud, or None."""
    try:
        mark = json.loads((project.home / "local" / "cloud.json").read_bytes())
        os.kill(int(mark["pid"]), 0)
        return Where("local", str(mark["id"]), str(mark["account"]), str(mark["region"]))
    except (OSError, ValueError, KeyError):
        return None
