"""Units become zips: the same bytes each time, small enough for Lambda, with compiled files, and isolated imports."""

import json
import subprocess
import sys
import zipfile
from importlib.resources import files
from pathlib import Path

import pytest

from mlspec.compiler.bundle import Bundle
from mlspec.specs.diagnostics import SpecError
from mlspec.targets.aws.forms import ZIP_LIMIT
from mlspec.targets.packaging import Package, Platform, build_packages

LOCK = (files("mlspec.compiler") / "units" / "locks" / "inference.lock").read_bytes()
SERVING = {"spec": {"serving": {"python": "3.12", "architecture": "x86_64"}}}
HANDLER = b"import numpy, onnxruntime\n\n\ndef handler(event, context):\n    return numpy.__version__\n"


def _bundle(requirements: bytes = LOCK, handler: bytes = HANDLER) -> Bundle:
    unit = {"code/inference/handler.py": handler, "code/inference/requirements.txt": requirements}
    return Bundle({**unit, "mlspec.lock": json.dumps(SERVING).encode()})


def _build(bundle: Bundle, folder: Path, where: Platform | None) -> Package:
    try:
        return build_packages(bundle, folder, where=where)[0]
    except SpecError as error:
        if error.diagnostics[0].code == "ML703":
            pytest.skip("the wheels are not cached and no package index answers: `make dev` fetches them")
        raise


@pytest.mark.parametrize("where", [Platform.local(), None], ids=["this machine", "lambda"])
def test_the_same_unit_gives_the_same_zip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: Platform | None
) -> None:
    first = _build(_bundle(handler=b"x = {'b', 'a'}\n", requirements=b""), tmp_path / "a", where)
    monkeypatch.setenv("MLSPEC_CACHE", str(tmp_path / "cache"))
    second = _build(_bundle(handler=b"x = {'b', 'a'}\n", requirements=b""), tmp_path / "b", where)
    assert first.digest == second.digest


@pytest.mark.parametrize("where", [Platform.local(), None], ids=["this machine", "lambda"])
def test_the_inference_zip_is_well_under_lambdas_limit(tmp_path: Path, where: Platform | None) -> None:
    package = _build(_bundle(), tmp_path, where)
    assert package.unpacked < 200 * 10**6 < ZIP_LIMIT
    with zipfile.ZipFile(package.path) as archive:
        names = archive.namelist()
    assert len(names) == len(set(names))
    assert not any("/tests/" in name for name in names)
    assert any(name.startswith("handler") for name in names)


def test_the_zip_for_this_machine_runs_alone_and_compiles_nothing(tmp_path: Path) -> None:
    package = _build(_bundle(), tmp_path, Platform.local())
    with zipfile.ZipFile(package.path) as archive:
        archive.extractall(tmp_path / "task")
    before = set((tmp_path / "task").rglob("*.pyc"))
    assert before
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import handler; print(handler.handler({}, None));"
        "assert not {'pandas', 'sklearn', 'boto3'} & set(sys.modules); import numpy; print(numpy.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(tmp_path / "task")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "task") in done.stdout
    assert set((tmp_path / "task").rglob("*.pyc")) == before


def test_a_local_training_image_that_differs_from_the_lock_is_refused(tmp_path: Path) -> None:
    bundle = Bundle(
        {
            "code/training/main.py": b"x = 1\n",
            "code/training/requirements.txt": b"numpy==0.0.1 --hash=sha256:00\n",
            "mlspec.lock": json.dumps(SERVING).encode(),
        }
    )
    with pytest.raises(SpecError) as caught:
        build_packages(bundle, tmp_path, where=Platform.local())
    assert caught.value.diagnostics[0].code == "ML702"


def test_a_unit_over_the_limit_is_refused(tmp_path: Path) -> None:
    big = {"code/inference/blob.bin": b"\0" * (ZIP_LIMIT + 1), "code/inference/requirements.txt": b""}
    with pytest.raises(SpecError) as caught:
        build_packages(Bundle({**big, "mlspec.lock": json.dumps(SERVING).encode()}), tmp_path, where=Platform.local())
    assert caught.value.diagnostics[0].code == "ML701"
