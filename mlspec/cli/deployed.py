"""A project's deployed stack, for the commands that read and drive it."""

from mlspec.cli.project import Project
from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.targets.aws.deployment import Deployment


def deployment_of(project: Project) -> Deployment:
    """What `apply` recorded for this project's stack; raises SpecError when nothing is deployed."""
    cloud = project.cloud()
    state = project.store().load()
    if state is None or not state.resources or state.cloud != cloud.id:
        hint = f"deploy it: mlspec apply {project.path}"
        raise SpecError([Diagnostic("ML802", f"stack {project.stack} is not deployed here", hint=hint)])
    ids = {name: record.id for name, record in state.resources.items() if record.id is not None}
    outputs = {name: record.outputs for name, record in state.resources.items()}
    return Deployment(cloud.client, ids, outputs)
