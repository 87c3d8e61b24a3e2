"""A library that is an installed package: found as files or as an editable install, and never imported."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mlspec.specs.diagnostics import SpecError
from mlspec.specs.load import load_spec
from mlspec.specs.packages import package_folder
from tests.specs.conftest import GOOD

SPEC = GOOD.replace("profile: standard", "profile: [standard, ours]")
PROFILE = "governance: {card: {team: platform}}\n"


def package(folder: Path) -> Path:
    """A package that ends whoever imports it."""
    (folder / "profile").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise SystemExit('imported')\n")
    (folder / "profile" / "ours.yaml").write_text(PROFILE)
    return folder


@pytest.mark.parametrize("name", ["acme_models", "acme.models"])
@pytest.mark.parametrize("by", ["settings", "option"])
def test_a_package_is_found_and_not_imported(
    name: str, by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, spec = tmp_path / "site", tmp_path / "models" / "spec.yaml"
    folder = package(site / name.replace(".", "/"))
    if "." in name:
        (site / "acme" / "__init__.py").write_text("raise SystemExit('imported')\n")
    monkeypatch.syspath_prepend(site)
    spec.parent.mkdir()
    spec.write_text(SPEC)
    if by == "settings":
        (tmp_path / "models" / "mlspec.toml").write_text(f'[library]\npackage = "{name}"\n')
    checked = load_spec(spec, library=name if by == "option" else "")
    assert str(checked.origins.of("governance.card.team")) == f"{name}:profile/ours.yaml:1:27"
    assert checked.packages == {name: folder}
    assert folder / "profile" / "ours.yaml" in checked.looked


def test_what_is_not_installed_is_told(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC)
    for name in ("no_such_package_here", "json.decoder", "../up", "sys"):
        assert package_folder(name) is None
        with pytest.raises(SpecError) as caught:
            load_spec(tmp_path / "spec.yaml", library=name)
        assert "ML310" in [d.code for d in caught.value.diagnostics]


_BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_editable(sys.argv[1]))"
_LOAD = """
import json, site, sys
from importlib.machinery import PathFinder
from pathlib import Path
site.addsitedir(sys.argv[1])
from mlspec.specs.load import load_spec
checked = load_spec(Path(sys.argv[2]))
by_path = PathFinder.find_spec("acme_models")
print(json.dumps([checked.spec.governance.card, str(checked.packages["acme_models"]), by_path is None]))
"""


def test_an_editable_install_is_found(tmp_path: Path) -> None:
    """Setuptools maps such a package by a finder of its own, which nothing that reads sys.path alone asks."""
    project, site, models = tmp_path / "project", tmp_path / "site", tmp_path / "models"
    folder = package(project / "library")
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "acme-models"\nversion = "1"\n'
        '[tool.setuptools]\npackages = ["acme_models"]\npackage-dir = {acme_models = "library"}\n'
    )
    models.mkdir()
    (models / "mlspec.toml").write_text('[library]\npackage = "acme_models"\n')
    (models / "spec.yaml").write_text(SPEC)
    built = [sys.executable, "-c", _BUILD, str(tmp_path)]
    wheel = subprocess.run(built, cwd=project, capture_output=True, text=True, check=True).stdout.split()[-1]
    zipfile.ZipFile(tmp_path / wheel).extractall(site)
    asked = [sys.executable, "-c", _LOAD, str(site), str(models / "spec.yaml")]
    done = subprocess.run(asked, cwd=models, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [{"team": "platform"}, str(folder), True]
