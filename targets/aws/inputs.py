"""Local data files, read: the one place where the AWS target looks at the disk before a deployment."""

from pathlib import Path
from typing import TYPE_CHECKING

from mlspec.specs.nearest import shortened

if TYPE_CHECKING:
    from mlspec.specs.checked import Checked
    from mlspec.specs.diagnostics import SpecError


def local_inputs(checked: "Checked", folder: Path) -> dict[str, bytes]:
    """The data files beside the spec in `folder`, by the names the job sees; none where the rows are on S3. Raises
    SpecError (ML402) for one outside the repository that holds the spec: an apply would upload it."""
    source = checked.spec.data.source
    files = local_files(source.uri, source.format, folder)
    top = _repository(folder)
    if top is not None and not all(path.resolve().is_relative_to(top) for path in files.values()):
        raise _outside(checked, top)
    return {name: path.read_bytes() for name, path in files.items()}


def _repository(folder: Path) -> Path | None:
    """The top of the repository that `folder` is in, where it is in one."""
    place = folder.resolve()
    return next((above for above in (place, *place.parents) if (above / ".git").exists()), None)


def _outside(checked: "Checked", top: Path) -> "SpecError":
    from mlspec.specs.diagnostics import Diagnostic, SpecError
    from mlspec.specs.load import with_lines

    span = checked.origins.of("data.source.uri").span
    message = f"{shortened(checked.spec.data.source.uri)} leads out of the repository {top.name}"
    hint = (
        "an apply uploads local rows: keep them, and what links lead to, in the repository, or give s3://bucket/prefix/"
    )
    return SpecError(with_lines([Diagnostic("ML402", message, span, "data.source.uri", hint)], checked.texts))


def local_files(uri: str, form: str, folder: Path) -> dict[str, Path]:
    """Where those files are."""
    if "://" in uri:
        return {}
    place = folder / uri
    if place.is_file():
        return {place.name: place}
    files = sorted(path for path in place.rglob(f"*.{form}") if path.is_file())
    return {path.relative_to(place).as_posix(): path for path in files}
