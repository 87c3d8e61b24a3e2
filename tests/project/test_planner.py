"""Built packages are shipped as zip or image for a reason that is told, or refused; their start-up time is real."""

import json
from pathlib import Path

import pytest

from mlspec.cli.app import invoke
from mlspec.compiler.bundle import Bundle
from mlspec.specs.diagnostics import SpecError
from mlspec.targets.aws.forms import MODEL_ROOM, ZIP_LIMIT, form_for
from mlspec.targets.packaging import Package, Platform, build_packages
from mlspec.targets.packaging.image import write_context
from mlspec.targets.packaging.measure import init_seconds, modules_of
from mlspec.targets.packaging.planner import INIT_LIMIT, choose

MEBIBYTE = 2**20


def package(unpacked: int, unit: str = "inference") -> Package:
    return Package(unit, Path("x.zip"), "d", unpacked // 3, unpacked)


@pytest.mark.parametrize("asked", ["auto", "zip", "image"])
def test_what_serves_is_shipped_by_the_compiler_s_own_rule(asked: str) -> None:
    for unpacked in (104 * MEBIBYTE, ZIP_LIMIT - MODEL_ROOM + 1):
        choice = choose(package(unpacked), init=0.2, asked=asked, memory=2**31)
        assert choice.form == form_for(asked, unpacked=unpacked, memory=2**31)


def test_what_starts_too_slowly_is_refused_and_says_how_slowly() -> None:
    choice = choose(package(MEBIBYTE), init=INIT_LIMIT + 2.5)
    assert (choice.form.name, choice.form.why) == ("refused", "it starts in 12.5 s; Lambda gives 10")


def test_a_control_function_needs_no_room_for_a_model() -> None:
    assert choose(package(ZIP_LIMIT, "gate"), init=None, asked="image").form.name == "zip"
    assert choose(package(ZIP_LIMIT + 1, "gate"), init=None, asked="image").form.name == "refused"
    assert choose(package(ZIP_LIMIT + 1, "training"), init=None).form.name == "zip"


def unit_bundle(handler: bytes, filler: bytes = b"", *, graph: str = '{"resources": []}') -> Bundle:
    files = {"code/inference/handler.py": handler, "code/inference/requirements.txt": b""}
    if filler:
        files["code/inference/filler.bin"] = filler
    serving = {"python": "3.12", "architecture": "x86_64"}
    lock = json.dumps({"spec": {"serving": serving}})
    return Bundle({**files, "graph.json": graph.encode(), "mlspec.lock": lock.encode()})


def test_start_up_is_measured_in_a_process_of_its_own(tmp_path: Path) -> None:
    handler = b"import time\ndone = time.perf_counter() + 0.2\nwhile time.perf_counter() < done: pass\n"
    built = build_packages(unit_bundle(handler), tmp_path, where=Platform.local())[0]
    seconds = init_seconds(built.path, Platform.local(), tries=2)
    assert seconds is not None
    assert seconds >= 0.2


def test_what_a_release_will_need_is_measured_too(tmp_path: Path) -> None:
    slow = "mlspec/runtime/onnx_engine.py"
    bundle = unit_bundle(b"x = 1\n")
    waiting = b"import time\ndone = time.perf_counter() + 0.2\nwhile time.perf_counter() < done: pass\n"
    package_files = {f"code/inference/{slow}": waiting, "code/inference/mlspec/__init__.py": b""}
    built = build_packages(Bundle({**bundle.files, **package_files}), tmp_path, where=Platform.local())[0]
    seconds = init_seconds(built.path, Platform.local(), modules=modules_of("inference", image=False), tries=1)
    assert seconds is not None
    assert seconds >= 0.2
    assert modules_of("inference", image=True)[-1] == "boto3"


def test_what_cannot_start_alone_has_no_start_up_time(tmp_path: Path) -> None:
    built = build_packages(unit_bundle(b"import not_in_the_package\n"), tmp_path, where=Platform.local())[0]
    assert init_seconds(built.path, Platform.local(), tries=1) is None
    assert init_seconds(built.path, Platform("3.12", "sparc"), tries=1) is None


def test_an_images_context_holds_the_zips_files_and_nothing_to_install(tmp_path: Path) -> None:
    built = build_packages(unit_bundle(b"x = 1\n"), tmp_path, where=Platform.local())[0]
    folder = write_context(built.path, tmp_path / "image", Platform("3.12", "arm64"))
    write_context(built.path, folder, Platform("3.12", "arm64"))
    dockerfile = (folder / "Dockerfile").read_text()
    assert "python:3.12-arm64" in dockerfile
    assert "RUN" not in dockerfile
    assert (folder / "task" / "handler.py").read_bytes() == b"x = 1\n"


def test_a_zip_over_the_limit_is_not_deployed_but_can_be_planned(tmp_path: Path) -> None:
    large = unit_bundle(b"x = 1\n", bytes(ZIP_LIMIT + 1))
    with pytest.raises(SpecError, match="ML701"):
        build_packages(large, tmp_path, where=Platform.local())
    assert build_packages(large, tmp_path, where=Platform.local(), limited=False)[0].unpacked > ZIP_LIMIT


def test_an_image_may_be_larger_than_a_zip(tmp_path: Path) -> None:
    function = {"name": "inference", "properties": {"packageType": "Image"}}
    large = unit_bundle(b"x = 1\n", bytes(ZIP_LIMIT + 1), graph=json.dumps({"resources": [function]}))
    assert build_packages(large, tmp_path, where=Platform.local())[0].unpacked > ZIP_LIMIT


def test_the_command_says_form_size_and_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["init", "binary", str(tmp_path / "churn.yaml")]) == 0
    capsys.readouterr()
    code = invoke(["package", str(tmp_path / "churn.yaml"), "--here", "--json"])
    if code == 1:
        pytest.skip("the wheels are not cached and no package index answers: `make dev` fetches them")
    told = {entry["unit"]: entry for entry in json.loads(capsys.readouterr().out)["packages"]}
    assert told["inference"]["form"] == "zip"
    assert all(told[unit]["init_seconds"] > 0 for unit in ("inference-compiled", "inference"))
    assert told["inference"]["room"] == MODEL_ROOM
    assert told["gate"]["init_seconds"] is None
    as_image = ["package", str(tmp_path / "churn.yaml"), "serving.package=image", "--here", "--json"]
    assert invoke(as_image) == 0
    told = {entry["unit"]: entry for entry in json.loads(capsys.readouterr().out)["packages"]}
    assert (told["inference"]["form"], told["gate"]["form"]) == ("image", "zip")
    assert "the spec asks for one" in told["inference"]["why"]
    assert told["inference"]["room"] > MODEL_ROOM
    assert (tmp_path / ".mlspec" / "bundle" / "churn-dev" / "packages" / "inference" / "Dockerfile").is_file()
