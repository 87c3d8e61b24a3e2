"""Local data files, read: the one place where the AWS target looks at the disk before a deployment."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlspec.specs.checked import Checked


def local_inputs(checked: "Checked", folder: Path) -> dict[str, bytes]:
    """The data files beside the spec in `folder`, by the names the job sees; none where the rows are on S3."""
    source = checked.spec.data.source
    return {name: path.read_bytes() for name, path in local_files(source.uri, source.format, folder).items()}


def local_files(uri: str, form: str, folder: Path) -> dict[str, Path]:
    """Where those files are."""
    if "://" in uri:
        return {}
    place = folder / uri
    if place.is_file():
        return {place.name: place}
    files = sorted(path for path in place.rglob(f"*.{form}") if path.is_file())
    return {path.relative_to(place).as_posix(): path for path in files}
