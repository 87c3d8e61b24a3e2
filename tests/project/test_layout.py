"""The packaging says what is on disk: every folder of code is listed, every link leads home."""

import tomllib
from pathlib import Path

import mlspec

ROOT = Path(__file__).parents[2]
FOLDERS = ("specs", "compiler", "runtime", "targets")


def _settings() -> dict[str, object]:
    settings: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    return settings


def test_every_package_on_disk_is_listed() -> None:
    own = {path.parent for path in (ROOT / "mlspec").glob("*/__init__.py") if not path.parent.is_symlink()}
    found = {"mlspec"} | {f"mlspec.{folder.name}" for folder in own}
    for folder in FOLDERS:
        for init in (ROOT / folder).rglob("__init__.py"):
            found.add(".".join(("mlspec", *init.parent.relative_to(ROOT).parts)))
    listed = _settings()["packages"]
    assert isinstance(listed, list)
    data_only = {name for name in listed if name not in found}
    assert found <= set(listed)
    for name in data_only:
        assert (ROOT / Path(*name.split(".")[1:])).is_dir(), f"{name} is listed and is not there"


def test_data_files_are_listed() -> None:
    settings = _settings()
    listed = settings["package-data"]
    assert isinstance(listed, dict)
    for folder in (*FOLDERS, "mlspec"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and path.suffix not in (".py", ".pyc"):
                relative = path.relative_to(ROOT)
                if relative.parts[0] == "mlspec" and len(relative.parts) > 2:
                    continue  # through a link
                parts = relative.parent.parts
                package = ".".join(parts if parts[0] == "mlspec" else ("mlspec", *parts))
                patterns = listed.get(package, [])
                assert any(path.match(pattern) for pattern in patterns), f"{relative} would be missing from the wheel"


def test_links_lead_home() -> None:
    for folder in FOLDERS:
        link = ROOT / "mlspec" / folder
        assert link.resolve() == ROOT / folder


def test_version_is_the_changelogs_newest() -> None:
    assert f"## {mlspec.__version__}" in (ROOT / "CHANGELOG.md").read_text()
