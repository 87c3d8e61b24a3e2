"""Writes specs/estimator_arguments.py anew from the installed libraries: python -m tests.specs.estimator_table."""

import ast
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

from mlspec.specs.estimators import ESTIMATORS, framework_of
from mlspec.specs.modules import constructor

TARGET = Path(str(files("mlspec.specs"))) / "estimator_arguments.py"
_HEAD = '''"""The arguments of each estimator, by `_target_`; written by tests/specs/estimator_table.py."""

from collections.abc import Mapping
from types import MappingProxyType

# fmt: off
# One text for each estimator, not one for each argument: the table is read at every validation.
ARGUMENTS: Mapping[str, str] = MappingProxyType(
    {
'''


def arguments_of(target: str) -> list[str]:
    """The names that the library itself takes, in its order."""
    module, _, name = target.rpartition(".")
    estimator: Any = None if module.startswith("mlspec") else getattr(import_module(module), name)
    match framework_of(target):
        case "xgboost":
            return sorted(estimator().get_params())
        case "lightgbm":
            from lightgbm.basic import _ConfigAliases

            return sorted({*estimator().get_params(), *_ConfigAliases._get_all_param_aliases(), *_aliases()})
        case "torch":
            tree = ast.parse((TARGET.parents[1] / "runtime" / "networks.py").read_text(encoding="utf-8"))
            found = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
            return [one for one in constructor(found)[0] if one not in ("inputs", "outputs", "categories")]
        case _:
            return list(estimator().get_params(deep=False))


def _aliases() -> set[str]:
    from lightgbm.basic import _ConfigAliases

    return {alias for names in _ConfigAliases._get_all_param_aliases().values() for alias in names}


def source() -> str:
    """The module's text."""
    lines = []
    for target in sorted(ESTIMATORS):
        names, line = arguments_of(target), ""
        lines.append(f'        "{target}": (')
        for name in names:
            if len(line) + len(name) > 95:
                lines.append(f'            "{line}"')
                line = ""
            line += f"{name} "
        lines += [f'            "{line.rstrip()}"', "        ),"]
    return _HEAD + "\n".join(lines) + "\n    }\n)\n"


if __name__ == "__main__":
    TARGET.write_text(source(), encoding="utf-8")
