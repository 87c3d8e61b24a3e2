"""A spec that is right in every block, and ways to load texts."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mlspec.specs.checked import Checked
from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.specs.load import load_spec

GOOD = (Path(__file__).parent / "good.yaml").read_text(encoding="utf-8")
Load = Callable[..., Checked]
Mistakes = Callable[..., tuple[Diagnostic, ...]]


@pytest.fixture(scope="session")
def good() -> str:
    return GOOD


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def run(text: str | bytes, *, environment: str = "dev", overrides: Sequence[str] = ()) -> Checked:
        path = tmp_path / "spec.yaml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return load_spec(path, environment=environment, overrides=overrides)

    return run


@pytest.fixture
def mistakes(load: Load) -> Mistakes:
    """The diagnostics of a text that must have some."""

    def run(text: str | bytes, *, environment: str = "dev", overrides: Sequence[str] = ()) -> tuple[Diagnostic, ...]:
        with pytest.raises(SpecError) as caught:
            load(text, environment=environment, overrides=overrides)
        return caught.value.diagnostics

    return run
