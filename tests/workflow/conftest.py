"""A small spec, deployed in moto for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from mlspec.compiler.units.gate import gate_unit
from mlspec.compiler.units.rollout import rollout_unit
from mlspec.compiler.units.start import start_unit
from tests.workflow.stack import ENVIRONMENT, Stack, checked_spec, load_handler, make_resources, patch_moto


@pytest.fixture
def form(request: pytest.FixtureRequest) -> str:
    """How the function that answers ships: tests that hold for both forms are given each."""
    return getattr(request, "param", "zip")


@pytest.fixture(scope="session")
def session() -> boto3.session.Session:
    """It reads the description of a service once: to do so for each test took half of their time."""
    return boto3.session.Session()


@pytest.fixture
def deploy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, form: str, session: boto3.session.Session
) -> Iterator[Callable[..., Stack]]:
    """Deploys the spec with some blocks replaced."""
    for key, value in ENVIRONMENT.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("MLSPEC_PACKAGE", form)
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": True}}):
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)

        def make(**blocks: Any) -> Stack:
            stack = Stack(tmp_path, checked_spec(**blocks))
            patch_moto(monkeypatch, stack)
            make_resources(stack, form)
            units = (start_unit(stack.checked), gate_unit(stack.checked), rollout_unit(stack.checked))
            stack.handlers = {unit.name: load_handler(unit, tmp_path) for unit in units}
            return stack

        yield make


@pytest.fixture
def stack(deploy: Callable[..., Stack]) -> Stack:
    return deploy()
