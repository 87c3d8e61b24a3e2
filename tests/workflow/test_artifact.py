"""A training job's archive, and archives that no training job of ours writes."""

import gzip
import io
import tarfile

import pytest

from mlspec.runtime.artifact import ArtifactError, unpack
from mlspec.runtime.releases import MODEL_FILES
from tests.workflow.stack import archived

GOOD = {name: name.encode() for name in MODEL_FILES}


def one_member(member: tarfile.TarInfo) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        for name, content in GOOD.items():
            good = tarfile.TarInfo(name)
            good.size = len(content)
            tar.addfile(good, io.BytesIO(content))
        tar.addfile(member, io.BytesIO(bytes(member.size)))
    return data.getvalue()


def hostile(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> bytes:
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.size = kind, link, size
    return one_member(member)


def test_the_four_files_come_out() -> None:
    assert unpack(io.BytesIO(archived(GOOD)), limit=2**20) == GOOD
    assert unpack(io.BytesIO(archived({f"./{name}": content for name, content in GOOD.items()})), limit=2**20) == GOOD


HOSTILE = {
    "above": hostile("../model.json"),
    "absolute": hostile("/etc/passwd"),
    "around": hostile("a/../../model.onnx"),
    "code": hostile("handler.py"),
    "symlink": hostile("model.onnx", tarfile.SYMTYPE, "/etc/passwd"),
    "hard link": hostile("model.onnx", tarfile.LNKTYPE, "../../etc/passwd"),
    "device": hostile("model.onnx", tarfile.CHRTYPE),
    "pipe": hostile("model.onnx", tarfile.FIFOTYPE),
    "too much": hostile("model.json", size=2**21),
    "one missing": archived(dict.fromkeys(MODEL_FILES[1:], b"")),
    "empty archive": archived({}),
    "nothing": b"",
    "text": b"not an archive",
    "compressed text": gzip.compress(b"not a tar" * 100),
    "cut short": archived(GOOD)[:-20],
    "cut in the header": archived(GOOD)[:40],
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_any_other_archive_is_an_error(kind: str) -> None:
    with pytest.raises(ArtifactError):
        unpack(io.BytesIO(HOSTILE[kind]), limit=2**20)


def test_a_bomb_is_not_unpacked() -> None:
    """A gigabyte in a megabyte: reading stops at the limit."""
    source = io.BytesIO(gzip.compress(hostile_tar(2**30), 1))
    with pytest.raises(ArtifactError, match="more than 1 MiB"):
        unpack(source, limit=2**20)
    assert source.tell() < 2**20


def hostile_tar(size: int) -> bytes:
    """The header of one member of `size` bytes, and the first 8 MiB of it."""
    member = tarfile.TarInfo("model.onnx")
    member.size = size
    return member.tobuf() + bytes(2**23)
