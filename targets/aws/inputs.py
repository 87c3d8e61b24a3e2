"""Local data files, read: the one place where the AWS target looks at the disk before a deployment."""

from pathlib import Path

from mlspec.specs.checked import Checked


def local_inputs(checked: Checked, folder: Path) -> dict[str, bytes]:
    """The data files beside the spec in `folder`, by the names the job sees; none where the rows are on S3."""
    source = checked.spec.data.source
    if "://" in source.uri:
        return {}
    place = folder / source.uri
    if place.is_file():
        return {place.name: place.read_bytes()}
    files = sorted(path for path in place.rglob(f"*.{source.format}") if path.is_file())
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in files}
