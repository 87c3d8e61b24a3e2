"""Adds a release's model to the inference unit's base zip: the same two always give the same bytes."""

import io
import py_compile
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say


def with_model(base: bytes, model: Mapping[str, bytes]) -> bytes:
    """`base` with `model`'s files appended under model/."""
    package = io.BytesIO(base)
    with zipfile.ZipFile(package, "a") as archive:
        taken = [name for name in archive.namelist() if name.startswith("model/")]
        if taken:
            raise ValueError(f"the base zip holds a model already: {', '.join(taken)}")
        for name in sorted(model):
            entry = zipfile.ZipInfo(f"model/{name}", _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, model[name], zipfile.ZIP_DEFLATED, 6)
    return package.getvalue()


def bytecode_of(model: Mapping[str, bytes]) -> dict[str, bytes]:
    """The .pyc of each Python file among the model's, for the Python that runs this, which is the one that serves.

    Its hash is not checked: without it, or for another Python, the source is read, which takes its time at each start.
    """
    return {_cached(name): _compiled(name, source) for name, source in model.items() if name.endswith(".py")}


def _cached(name: str) -> str:
    return f"__pycache__/{name.removesuffix('.py')}.{sys.implementation.cache_tag}.pyc"


def _compiled(name: str, source: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path, target = Path(folder) / name, Path(folder) / "compiled.pyc"
        path.write_bytes(source)
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(str(path), str(target), dfile=f"model/{name}", doraise=True, invalidation_mode=mode)
        return target.read_bytes()
