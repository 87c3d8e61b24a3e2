"""Training's wheels are those of the image's Python, whatever the function runs on."""

from pathlib import Path

import pytest

from mlspec.specs.load import load_spec
from mlspec.targets.aws.compile import compile_spec
from mlspec.targets.packaging.build import TRAINING_PYTHON, platform_of

ROOT = Path(__file__).parents[1] / "golden"
IMAGE = "training.image='123456789012.dkr.ecr.eu-west-1.amazonaws.com/train:1'"


@pytest.mark.parametrize(
    ("overrides", "training"),
    [((), TRAINING_PYTHON), (("serving.python='3.13'",), TRAINING_PYTHON), (("serving.python='3.13'", IMAGE), "3.13")],
)
def test_wheels_fit_the_image(overrides: tuple[str, ...], training: str) -> None:
    checked = load_spec(ROOT / "xgboost" / "spec.yaml", overrides=overrides)
    bundle = compile_spec(checked, {})
    assert platform_of("training", bundle).python == training
    assert platform_of("inference", bundle).python == checked.spec.serving.python
    image = next(text for path, text in bundle.files.items() if path.startswith("workflow/"))
    assert IMAGE.split("'")[1].encode() in image or b"-py312-" in image
