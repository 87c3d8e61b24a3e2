"""The example, lowered once for all tests of this folder."""

import pytest

from mlspec.compiler.graph import Graph
from mlspec.specs.checked import Checked
from tests.aws.specs import flights
from tests.aws.wire import passed


@pytest.fixture(scope="session")
def checked() -> Checked:
    return flights()


@pytest.fixture(scope="session")
def image_graph() -> Graph:
    """The example as an image."""
    return passed(flights(overrides=("serving.package=image", "serving.architecture=arm64")))


@pytest.fixture(scope="session")
def graph(checked: Checked) -> Graph:
    return passed(checked)
