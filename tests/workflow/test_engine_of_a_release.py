"""What answers a release: written down by the gate, shipped by the rollout with the package that fits."""

import hashlib
import importlib.util
import io
import json
import marshal
import sys
import zipfile
from types import CodeType
from typing import Any

import pytest

from mlspec.runtime.packages import bytecode_of
from tests.workflow.stack import BUCKET, archived, evaluation, model_files, zipped

LEAN = "code/inference-compiled-0123.zip"
SOURCE = b"def predict(rows):\n    return [x for x, in rows]\n"
MEASURED = {"onnx": {"microseconds": 15.0}, "compiled": {"microseconds": 4.0}, "chosen": "compiled", "why": "quicker"}


def judged(stack: Any, *, chosen: str = "compiled", source: bytes | None = SOURCE, digest: str = "") -> Any:
    """A release with both models, as far as the gates; its verdict."""
    told = {**evaluation("one"), "engines": {**MEASURED, "chosen": chosen}}
    files = model_files("one", told, onnx=b"onnx")
    model = json.loads(files["model.json"])
    model["compiled_sha256"] = digest or hashlib.sha256(SOURCE).hexdigest()
    files["model.json"] = json.dumps(model).encode()
    if source is not None:
        files["compiled_model.py"] = source
    stack.put("jobs/late-dev-one/output/model.tar.gz", archived(files))
    event = {"release": "one", "job": "late-dev-one", "champion": "", "trigger": "manual"}
    return stack.call("gate", artifact=f"s3://{BUCKET}/jobs/late-dev-one/output/model.tar.gz", **event)


def shipped(stack: Any) -> dict[str, bytes]:
    """The files of the version that the rollout published."""
    stack.call("rollout", action="register", release="one", step=0)
    package = stack.client("s3").get_object(Bucket=BUCKET, Key="releases/one/inference.zip")["Body"].read()
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def lean_stack(deploy: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A stack that has a package without ONNX Runtime."""
    monkeypatch.setenv("MLSPEC_COMPILED_BASE_KEY", LEAN)
    stack = deploy()
    stack.put(LEAN, zipped({"handler.py": b"handler = 'lean'\n"}))
    return stack


def test_the_gate_writes_down_what_shall_answer_and_what_was_measured(stack: Any) -> None:
    assert judged(stack)["passed"]
    engine = stack.json("releases/one/release.json")["engine"]
    assert engine == {"name": "compiled", "why": "quicker", "onnx": MEASURED["onnx"], "compiled": MEASURED["compiled"]}


def test_a_compiled_release_is_the_lean_package_with_plain_python(lean_stack: Any) -> None:
    judged(lean_stack)
    files = shipped(lean_stack)
    bytecode = f"model/__pycache__/compiled_model.{sys.implementation.cache_tag}.pyc"
    assert sorted(files) == sorted(
        ["handler.py", bytecode, *(f"model/{n}" for n in ("compiled_model.py", "model.json", "profile.json")),
         "model/release.json"]
    )  # fmt: skip
    assert files["handler.py"] == b"handler = 'lean'\n"
    assert files["model/compiled_model.py"] == SOURCE
    assert json.loads(files["model/release.json"])["engine"] == {"name": "compiled", "why": "quicker"}


@pytest.mark.parametrize("form", ["image"], indirect=True)
def test_an_image_answers_with_plain_python_too_and_has_its_bytecode(stack: Any) -> None:
    judged(stack)
    stack.call("rollout", action="register", release="one", step=0)
    told = stack.json("releases/one/serving.json")
    bytecode = f"__pycache__/compiled_model.{sys.implementation.cache_tag}.pyc"
    assert told["engine"] == {"name": "compiled", "why": "quicker"}
    assert sorted(told["files"]) == sorted([bytecode, "compiled_model.py", "model.json", "profile.json"])
    for name, digest in told["files"].items():
        held = stack.client("s3").get_object(Bucket=BUCKET, Key=f"releases/one/model/{name}")["Body"].read()
        assert hashlib.sha256(held).hexdigest() == digest


def test_another_choice_is_the_package_with_onnx_runtime(lean_stack: Any) -> None:
    judged(lean_stack, chosen="onnx")
    files = shipped(lean_stack)
    assert "model/model.onnx" in files
    assert "model/compiled_model.py" not in files
    assert files["handler.py"] == b"handler = None\n"


def test_a_stack_without_the_lean_package_answers_with_onnx_and_says_so(stack: Any) -> None:
    judged(stack)
    assert "model/model.onnx" in shipped(stack)
    engine = stack.json("releases/one/release.json")["engine"]
    assert (engine["name"], engine["why"]) == ("onnx", "the stack has no package without ONNX Runtime")


@pytest.mark.parametrize("change", [{"source": SOURCE + b"#"}, {"source": None}, {"digest": "0" * 64}])
def test_another_file_than_the_one_described_is_refused(stack: Any, change: Any) -> None:
    verdict = judged(stack, **change)
    assert not verdict["passed"]
    assert verdict["refused"] == ["compiled_model.py is not the file that model.json describes"]


def test_a_changed_file_is_not_shipped(lean_stack: Any) -> None:
    judged(lean_stack)
    lean_stack.put("releases/one/model/compiled_model.py", b"import os\n")
    with pytest.raises(Exception, match="is not the file that the gates judged"):
        shipped(lean_stack)


def test_bytecode_is_the_source_s_and_says_that_nobody_need_check() -> None:
    (name, content), *others = bytecode_of({"compiled_model.py": SOURCE, "model.json": b"{}"}).items()

    assert not others
    assert name == f"__pycache__/compiled_model.{sys.implementation.cache_tag}.pyc"
    assert content[:4] == importlib.util.MAGIC_NUMBER
    assert int.from_bytes(content[4:8], "little") == 0b01  # by hash, and unchecked: PEP 552
    assert content[8:16] == importlib.util.source_hash(SOURCE)
    code = marshal.loads(content[16:])
    assert isinstance(code, CodeType)
    assert code.co_filename == "model/compiled_model.py"
