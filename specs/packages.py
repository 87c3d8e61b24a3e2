"""The name of an installed package -> its folder; the package is looked up, never imported: a library runs nothing."""

import os
import re
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\Z")


def package_folder(name: str) -> Path | None:
    """The folder of the package `name` (`acme_models`, `acme.models`), installed as files or as editable; or None."""
    if not _NAME.match(name):
        return None
    locations: list[str] | None = None
    for end in range(1, name.count(".") + 2):
        found = _find(".".join(name.split(".")[:end]), locations)
        locations = list(found.submodule_search_locations or ()) if found else []
        if not locations:
            return None
    return next((Path(os.path.abspath(place)) for place in locations or () if os.path.isdir(place)), None)


def _find(name: str, locations: list[str] | None) -> ModuleSpec | None:
    """What the interpreter's finders know of the module: an editable install brings a finder of its own, which the one
    of sys.path alone does not ask. `importlib.util.find_spec` would import the package above a dotted name."""
    for finder in sys.meta_path:
        find_spec = getattr(finder, "find_spec", None)
        found: ModuleSpec | None = find_spec(name, locations) if find_spec else None
        if found is not None:
            return found
    return None
