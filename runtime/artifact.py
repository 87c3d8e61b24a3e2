"""Takes the model's files out of a training job's archive; whatever else is in it, or too much of it, is an error."""

import gzip
import io
import tarfile
import zlib
from typing import IO

from mlspec.runtime.releases import COMPILED, EXPLAINER, MODEL_FILES


class ArtifactError(Exception):
    """The archive is not what a training job of ours writes."""


def unpack(archive: IO[bytes], *, limit: int) -> dict[str, bytes]:
    """The files of a model by name. Nothing is written to disk, so no path can lead anywhere."""
    try:
        # Stream mode ("|") never seeks: nothing past `limit` is ever decompressed.
        with gzip.GzipFile(fileobj=archive) as stream, tarfile.open(fileobj=_Bounded(stream, limit), mode="r|") as tar:
            files = dict(_member(tar, member) for member in tar if not member.isdir())
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ArtifactError(f"model.tar.gz cannot be read: {error}") from error
    missing = [name for name in MODEL_FILES if name not in files]
    if missing:
        raise ArtifactError(f"model.tar.gz lacks {', '.join(missing)}")
    return files


def _member(tar: tarfile.TarFile, member: tarfile.TarInfo) -> tuple[str, bytes]:
    name = member.name.removeprefix("./")
    if not member.isfile() or name not in (*MODEL_FILES, COMPILED, EXPLAINER):
        raise ArtifactError(f"model.tar.gz holds {member.name!r}, which is no file of a model")
    content = tar.extractfile(member)
    assert content is not None, "a regular file has content"
    return name, content.read()


class TooLarge(ArtifactError):
    """It takes more than it may."""


class _Bounded(io.RawIOBase):
    """Reads from `stream` and refuses to go on after `limit` bytes."""

    def __init__(self, stream: gzip.GzipFile, limit: int) -> None:
        self._stream, self._left, self._limit = stream, limit, limit

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(self._left + 1 if size < 0 else min(size, self._left + 1))
        self._left -= len(data)
        if self._left < 0:
            raise TooLarge(f"model.tar.gz is more than {self._limit // 2**20} MiB unpacked")
        return data
