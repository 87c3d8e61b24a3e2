"""What explains a release is judged and shipped with it, and no other file is."""

import hashlib
import io
import json
import zipfile
from typing import Any

import pytest

from tests.workflow.stack import BUCKET, archived, evaluation, model_files

EXPLAINER = b'{"format":1}'


def judged(stack: Any, *, sent: bytes | None = EXPLAINER, described: bool = True) -> Any:
    """A release that explains its answers, as far as the gates; their verdict."""
    files = model_files("one", evaluation("one"), onnx=b"onnx")
    if described:
        model = {**json.loads(files["model.json"]), "explainer_sha256": hashlib.sha256(EXPLAINER).hexdigest()}
        files["model.json"] = json.dumps(model).encode()
    if sent is not None:
        files["explainer.json"] = sent
    stack.put("jobs/late-dev-one/output/model.tar.gz", archived(files))
    event = {"release": "one", "job": "late-dev-one", "champion": "", "trigger": "manual"}
    return stack.call("gate", artifact=f"s3://{BUCKET}/jobs/late-dev-one/output/model.tar.gz", **event)


def test_the_explainer_is_shipped_with_the_model(stack: Any) -> None:
    assert judged(stack)["passed"]
    stack.call("rollout", action="register", release="one", step=0)
    package = stack.client("s3").get_object(Bucket=BUCKET, Key="releases/one/inference.zip")["Body"].read()
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert archive.read("model/explainer.json") == EXPLAINER


@pytest.mark.parametrize("change", [{"sent": EXPLAINER + b" "}, {"sent": None}, {"described": False}])
def test_another_explainer_than_the_one_described_is_refused(stack: Any, change: Any) -> None:
    verdict = judged(stack, **change)
    assert not verdict["passed"]
    assert verdict["refused"] == ["explainer.json is not the file that model.json describes"]


def test_a_changed_explainer_is_not_shipped(stack: Any) -> None:
    judged(stack)
    stack.put("releases/one/model/explainer.json", b"{}")
    with pytest.raises(Exception, match="is not the file that the gates judged"):
        stack.call("rollout", action="register", release="one", step=0)
