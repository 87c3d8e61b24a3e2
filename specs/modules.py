"""A torch module of the user's own, in a Python file beside the spec: looked up by parsing, never imported."""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
_LIBRARIES = frozenset({"lightgbm", "mlspec", "numpy", "sklearn", "torch", "xgboost"})
_TAKEN = frozenset({"main", "settings", "mlspec"})  # files of the training job itself
_PROVIDED = frozenset({"inputs", "outputs", "categories"})
_AT_HAND = frozenset({"torch", "numpy"})
MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a module, the way out, and the argument it is about (none: the module itself)."""

    message: str
    hint: str
    argument: str = ""


def module_file(training: Any) -> str:
    """The file, relative to the spec, that holds the class a torch `_target_` names: `nets.wide.Net` is in
    nets/wide.py; nothing where `_target_` names no file of the user's."""
    if not isinstance(training, Mapping) or training.get("framework") != "torch":
        return ""
    estimator = training.get("estimator")
    target = estimator.get("_target_") if isinstance(estimator, Mapping) else None
    if not isinstance(target, str) or not _TARGET.fullmatch(target) or target.partition(".")[0] in _LIBRARIES:
        return ""
    return target.rpartition(".")[0].replace(".", "/") + ".py"


def read_module(training: Any, folder: Path) -> dict[str, str]:
    """The text of that file by its name; nothing where there is none, or it is none that can be read as text."""
    name = module_file(training)
    place = folder / name
    if not name or not place.is_file() or place.stat().st_size > MOST_BYTES:
        return {}
    try:
        return {name: place.read_text(encoding="utf-8")}
    except (OSError, UnicodeDecodeError):
        return {}


def module_faults(target: str, arguments: Mapping[str, Any], text: str | None) -> Iterator[Fault]:
    """All that is wrong with the class `target` and the arguments it is given; `text` is that of its file."""
    module, _, name = target.rpartition(".")
    file = module.replace(".", "/") + ".py"
    if text is None:
        yield Fault(f"there is no file {file} beside the spec", "use mlspec.runtime.networks.TabularMLP, or write it")
    elif module.split(".")[0] in _TAKEN | sys.stdlib_module_names | _AT_HAND:
        yield Fault(f"a file cannot be called {file}", "the training job has a module of that name already")
    else:
        yield from _in_text(file, name, arguments, text)


def _in_text(file: str, name: str, arguments: Mapping[str, Any], text: str) -> Iterator[Fault]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = f":{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        yield Fault(f"{file}{where} is not Python", str(getattr(error, "msg", error)))
        return
    for package in sorted(_imported(tree) - _AT_HAND - sys.stdlib_module_names):
        hint = "import only torch, numpy and the standard library"
        yield Fault(f"{file} imports {package}, which the training job has not", hint)
    found = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name]
    if not found:
        classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
        yield Fault(f"{file} has no class {name}", f"its classes: {', '.join(classes) or 'none'}")
        return
    yield from _arguments(file, found[-1], arguments)


def _imported(tree: ast.Module) -> set[str]:
    """The packages that a module imports, anywhere in it; `.` for its own folder."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add("." if node.level else str(node.module).split(".")[0])
    return names


def _arguments(file: str, found: ast.ClassDef, arguments: Mapping[str, Any]) -> Iterator[Fault]:
    """The job gives `inputs` and `outputs`, the spec the rest."""
    taken, needed, any_other = constructor(found)
    for name in ("inputs", "outputs"):
        if name not in taken and not any_other:
            yield Fault(f"{found.name} in {file} takes no {name}", f"def __init__(self, inputs, outputs, ...): {name}")
    for name in arguments:
        if name in _PROVIDED:
            yield Fault(f"{name} is given by the job", f"leave {name} out", name)
        elif name not in taken and not any_other:
            allowed = [one for one in taken if one not in _PROVIDED]
            yield Fault(f"{found.name} takes no argument '{name}'", f"arguments: {', '.join(allowed) or 'none'}", name)
    for name in needed:
        if name not in _PROVIDED and name not in arguments:
            yield Fault(f"{found.name} needs the argument '{name}'", f"write {name} beside _target_")


def constructor(found: ast.ClassDef) -> tuple[list[str], list[str], bool]:
    """The arguments of a class's constructor, those of them that have no default, and whether it takes any other."""
    made = [node for node in found.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"]
    if not made:
        return [], [], False
    spec = made[-1].args
    positional = [argument.arg for argument in (*spec.posonlyargs, *spec.args)][1:]
    required = positional[: max(0, len(positional) - len(spec.defaults))]
    keyword = [argument.arg for argument in spec.kwonlyargs]
    required += [name for name, default in zip(keyword, spec.kw_defaults, strict=True) if default is None]
    return [*positional, *keyword], required, spec.kwarg is not None
