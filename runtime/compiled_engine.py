"""A release's compiled_model.py behind the engine's protocol: plain Python, and nothing to install."""

from importlib.machinery import SourceFileLoader
from math import inf, nan
from os.path import isfile, join
from struct import Struct, pack
from sys import implementation
from types import ModuleType
from typing import Any

from mlspec.runtime.engines import DamagedRelease, Description, Folder, Scores, read_file

FILE = "compiled_model.py"
_BYTECODE = join("__pycache__", f"compiled_model.{implementation.cache_tag}.pyc")  # PEP 3147
_UNSEEN = pack("=f", inf)


class CompiledEngine:
    """An `Engine`; raises DamagedRelease where compiled_model.py is not the file that `description` tells of.

    Where there is a .pyc it is that which runs. The rollout put it there, of a file whose digest it had checked, into a
    package that Lambda knows by its own digest: to look at the source then would prove nothing, and take its time."""

    def __init__(self, folder: Folder, description: Description) -> None:
        path = join(folder, FILE)
        if not isfile(join(folder, _BYTECODE)) and _sha256(read_file(folder, FILE)) != description["compiled_sha256"]:
            raise DamagedRelease(f"{FILE} is not the model that model.json describes")
        self._score = _load(path).predict
        self._rows = Struct(f"={len(description['features'])}f").iter_unpack

    def predict(self, rows: bytes) -> Scores:
        split = self._rows(rows)
        if _UNSEEN in rows:  # searching the bytes is far cheaper than looking at each number
            split = (tuple([nan if value == inf else value for value in row]) for row in split)
        scores: Scores = self._score(split)
        return scores


def _sha256(content: bytes) -> str:
    """The digest, by the hash that is built into Python, as the module random has it: to load OpenSSL for the one that
    hashlib takes costs a start three milliseconds."""
    try:
        from _sha2 import sha256  # type: ignore[import-not-found]
    except ImportError:  # Python 3.11
        from _sha256 import sha256  # type: ignore[import-not-found]
    return str(sha256(content).hexdigest())


class _Loader(SourceFileLoader):
    """Reads a .pyc and writes none: what lies beside a model in its folder would become a part of it."""

    def set_data(self, path: str, data: Any, *, _mode: int = 0o666) -> None:
        return


def _load(path: str) -> Any:
    """The module: from its .pyc where the package has one. A start needs no importlib.util for that."""
    module = ModuleType("compiled_model")
    _Loader(module.__name__, path).exec_module(module)
    return module
