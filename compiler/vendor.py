"""Turns a unit into all the files it ships: its own, the runtime modules it needs, its locked requirements."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from mlspec.compiler.bundle import digest_of
from mlspec.compiler.graph import Unit

RUNTIME = "mlspec.runtime"
_ROOT = b'"""The part of mlspec that ships."""\n'
# The formatter's style holds: to parse all of the runtime for its few imports would be a tenth of a cold compile.
_FOR_CHECKERS = re.compile(rb"^([ \t]*)if TYPE_CHECKING:\n(?:\1[ \t]+.*\n|[ \t]*\n)+", re.MULTILINE)
_IMPORT = re.compile(rb"^[ \t]*(from mlspec[\w.]* import (?:\([^)]*\)|.*)|import mlspec.*)$", re.MULTILINE)


def unit_files(unit: Unit) -> dict[str, bytes]:
    """Every file of a unit by its path from `code/<unit>/`, in order; a unit may not bring a vendored file itself."""
    vendored = vendored_files(unit.vendored)
    requirements = "".join(line.rstrip("\n") + "\n" for line in unit.requirements).encode()
    made = {**vendored, "requirements.txt": requirements}
    doubles = sorted(made.keys() & unit.files.keys())
    if doubles:
        raise ValueError(f"unit {unit.name} brings {', '.join(doubles)}, which the compiler writes")
    return dict(sorted({**unit.files, **made}.items()))


def unit_digest(unit: Unit) -> str:
    """One SHA-256 over everything a unit ships; object keys in the store carry it."""
    return digest_of(unit_files(unit))


def unit_digests(units: tuple[Unit, ...]) -> dict[str, str]:
    """The digest of each unit by its name, in order."""
    return {unit.name: unit_digest(unit) for unit in sorted(units, key=lambda unit: unit.name)}


def vendored_files(modules: tuple[str, ...]) -> dict[str, bytes]:
    """The sources of `modules` (below or with `mlspec.runtime`) and of all runtime modules they import, by path."""
    return dict(_closure(modules))


@cache
def _closure(modules: tuple[str, ...]) -> Mapping[str, bytes]:
    found: dict[str, bytes] = {}
    waiting = [module if module.startswith(RUNTIME) else f"{RUNTIME}.{module}" for module in modules]
    seen: set[str] = set()
    while waiting:
        module = waiting.pop()
        for name in _with_packages(module):
            if name not in seen:
                seen.add(name)
                path, source = _source(name)
                found[path] = source
                waiting.extend(_imports(name))
    return {"mlspec/__init__.py": _ROOT, **found} if found else {}


def _with_packages(module: str) -> Iterator[str]:
    """`a.b.c` and the packages above it, down to the runtime's own."""
    while module.startswith(RUNTIME):
        yield module
        module = module.rpartition(".")[0]


@cache
def _runtime() -> Traversable:
    return resources.files(RUNTIME)


@cache
def _source(module: str) -> tuple[str, bytes]:
    """A module's path and text; raises ModuleNotFoundError."""
    below = module.removeprefix(RUNTIME).strip(".").replace(".", "/")
    for path in (f"{below}/__init__.py".lstrip("/"), f"{below}.py"):
        place = _runtime().joinpath(path)
        if path != ".py" and place.is_file():
            return f"mlspec/runtime/{path}", place.read_bytes()
    raise ModuleNotFoundError(f"no module {module} to ship", name=module)


@cache
def _is_module(name: str) -> bool:
    try:
        _source(name)
    except ModuleNotFoundError:
        return False
    return True


@cache
def _imports(module: str) -> tuple[str, ...]:
    """The runtime modules that a module imports, late imports too; those for type checkers alone stay behind."""
    _, source = _source(module)
    statements = b"\n".join(_IMPORT.findall(_FOR_CHECKERS.sub(b"", source)))
    wanted = [name for node in ast.parse(statements).body for name in _names(node)]
    for name in wanted:
        if name.split(".")[0] == "mlspec" and not _in_runtime(name):
            raise ValueError(f"{module} imports {name}, which does not ship")
    return tuple(name for name in wanted if _in_runtime(name))


def _names(node: ast.AST) -> list[str]:
    """The modules an import statement names."""
    match node:
        case ast.Import(names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(parent), names=names, level=0):
            below = [f"{parent}.{alias.name}" for alias in names]
            return [name if _in_runtime(name) and _is_module(name) else parent for name in below]
        case _:
            return []


def _in_runtime(name: str) -> bool:
    return name == RUNTIME or name.startswith(f"{RUNTIME}.")


def code_files(units: tuple[Unit, ...]) -> Mapping[str, bytes]:
    """The files of all units by their path from the bundle's root."""
    return {f"code/{unit.name}/{path}": text for unit in units for path, text in unit_files(unit).items()}
