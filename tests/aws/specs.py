"""Specs that the tests of the AWS target lower."""

from pathlib import Path

from mlspec.specs.checked import Checked
from mlspec.specs.load import load_spec

FLIGHTS = Path(__file__).parents[2] / "examples/flight-delay/flight-delay.yaml"

MINIMAL = """\
apiVersion: mlspec/v1
name: churn
owner: team@example.com
data:
  source: {uri: "s3://lake/churn/"}
  columns:
    age: {type: float}
    left: {type: bool, role: label}
training:
  estimator: {_target_: sklearn.linear_model.LogisticRegression}
"""


def flights(environment: str = "dev", overrides: tuple[str, ...] = ()) -> Checked:
    """The example."""
    return load_spec(FLIGHTS, environment=environment, overrides=overrides)


def spec(folder: Path, text: str) -> Checked:
    """A spec of its own."""
    path = folder / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    return load_spec(path)
