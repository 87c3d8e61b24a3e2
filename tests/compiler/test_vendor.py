"""What a unit ships: its own files, the runtime's modules it needs and no others, its requirements."""

import ast
from dataclasses import replace

import pytest

from mlspec.compiler.vendor import unit_digest, unit_files, vendored_files
from tests.compiler.graphs import UNIT


def runtime_modules() -> list[str]:
    """Modules of the runtime as they are in the source tree."""
    from importlib import resources

    root = resources.files("mlspec.runtime")
    return sorted(
        entry.name[:-3] for entry in root.iterdir() if entry.name.endswith(".py") and entry.name != "__init__.py"
    )


def test_own_files_and_requirements_ship() -> None:
    files = unit_files(UNIT)
    assert files == {"handler.py": b'"""Answers."""\n', "requirements.txt": b"numpy==2.0.0\n"}


def test_the_digest_moves_with_a_file_a_path_or_a_requirement() -> None:
    others = [
        replace(UNIT, files={"handler.py": b"x = 1\n"}),
        replace(UNIT, files={"other.py": UNIT.files["handler.py"]}),
        replace(UNIT, requirements=("numpy==2.0.1",)),
        UNIT,
    ]
    assert len({unit_digest(unit) for unit in others}) == 4
    assert unit_digest(replace(UNIT, files=dict(UNIT.files))) == unit_digest(UNIT)


def test_a_unit_may_not_bring_what_the_compiler_writes() -> None:
    with pytest.raises(ValueError, match=r"requirements\.txt"):
        unit_files(replace(UNIT, files={"requirements.txt": b""}))


def test_a_module_that_is_not_there_is_our_fault() -> None:
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        vendored_files(("nowhere",))


@pytest.mark.parametrize("module", runtime_modules())
def test_the_closure_holds_every_runtime_module_that_is_imported(module: str) -> None:
    files = vendored_files((module,))
    assert f"mlspec/runtime/{module}.py" in files
    assert {"mlspec/__init__.py", "mlspec/runtime/__init__.py"} <= files.keys()
    for source in files.values():
        tree = ast.parse(source)
        for_checkers = {id(node) for branch in ast.walk(tree) if _for_checkers(branch) for node in ast.walk(branch)}
        for node in ast.walk(tree):
            if (
                id(node) not in for_checkers
                and isinstance(node, ast.ImportFrom)
                and node.module
                and node.module.startswith("mlspec.runtime.")
            ):
                path = node.module.replace(".", "/")
                assert f"{path}.py" in files or f"{path}/__init__.py" in files


def test_short_and_full_module_names_mean_the_same() -> None:
    for module in runtime_modules()[:1]:
        assert vendored_files((module,)) == vendored_files((f"mlspec.runtime.{module}",))


def _for_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
