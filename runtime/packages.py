"""Adds a release's model to the inference unit's base zip: the same two always give the same bytes."""

import io
import zipfile
from collections.abc import Mapping

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
