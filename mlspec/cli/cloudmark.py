"""Which mocked cloud runs beside a spec, told from its mark on disk alone: `plan` needs no more, and must be quick."""

import json
import os

from mlspec.cli.project import Project


def running_cloud(project: Project) -> str | None:
    """The id of the live mocked cloud, or None."""
    try:
        mark = json.loads((project.home / "local" / "cloud.json").read_bytes())
        os.kill(int(mark["pid"]), 0)
    except (OSError, ValueError, KeyError):
        return None
    return str(mark["id"])
