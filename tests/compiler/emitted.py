"""What judges emitted programs: ruff, mypy against pulumi_aws, and Pulumi's own SDK running them."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def type_check(programs: Mapping[str, str], folder: Path) -> str:
    """mypy --strict over programs by name, in one run; what it printed, empty when all is well."""
    for name, text in programs.items():
        (folder / f"{name}.py").write_text(text)
    config = folder / "mypy.ini"
    config.write_text(_mypy_config(programs.values()))
    paths = [str(folder / f"{name}.py") for name in programs]
    command = [sys.executable, "-m", "mypy", "--config-file", str(config), "--cache-dir", str(folder / "cache")]
    done = subprocess.run([*command, *paths], cwd=folder, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def lint(programs: Mapping[str, str], folder: Path) -> str:
    """ruff's own defaults, format and check; what it printed, empty when all is well."""
    for name, text in programs.items():
        (folder / f"{name}.py").write_text(text)
    said = ""
    for command in (["format", "--diff"], ["check", "--quiet"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", str(folder)]
        done = subprocess.run(ruff, capture_output=True, text=True, check=False)
        said += done.stdout + done.stderr if done.returncode else ""
    return said


def registered(program: str, folder: Path) -> dict[str, Any]:
    """What a program registers with Pulumi, by logical name: its type and its inputs, under wire names."""
    infra = folder / "infra"
    infra.mkdir(parents=True, exist_ok=True)
    (infra / "__main__.py").write_text(program)
    command = [sys.executable, str(ROOT / "tests" / "compiler" / "run_program.py"), str(infra / "__main__.py")]
    done = subprocess.run(command, cwd=infra, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def as_registered(encoded: Any, *, document: bool = False) -> Any:
    """An encoded value as the recorder of run_program.py sees it; a null is sent in documents only."""
    match encoded:
        case {"$ref": [resource, output]}:
            return f"({resource}.{output})"
        case {"$join": parts}:
            return "".join(as_registered(part) for part in parts)
        case {"$json": inside}:
            return json.dumps(as_registered(inside, document=True), sort_keys=True)
        case {"$asset": path}:
            return {"$asset": f"../{path}"}
        case dict():
            sent = {key: item for key, item in encoded.items() if document or item is not None}
            return {key: as_registered(item, document=document) for key, item in sent.items()}
        case list():
            return [as_registered(item, document=document) for item in encoded]
        case _:
            return encoded


def _mypy_config(programs: Any) -> str:
    """Strict, and only the services that are used: all of pulumi_aws would take minutes."""
    services = {match for text in programs for match in re.findall(r"\baws\.([a-z0-9_]+)\.[A-Z]", text)}
    followed = ["pulumi_aws", "pulumi_aws._utilities", "pulumi_aws._inputs", "pulumi_aws.outputs"]
    followed += ["pulumi_aws.get_caller_identity", "pulumi_aws.get_region", "pulumi_aws.get_partition"]
    followed += [f"pulumi_aws.{service}.*" for service in sorted(services)]
    normal = "".join(f"[mypy-{module}]\nfollow_imports = normal\n" for module in followed)
    return f"[mypy]\nstrict = true\n[mypy-pulumi_aws.*]\nfollow_imports = skip\n{normal}"
