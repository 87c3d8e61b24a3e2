"""What AWS itself would refuse, or could never do, said before anything is deployed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlspec.specs.models import Spec
from mlspec.specs.units import Duration, Size
from mlspec.targets.aws.lower.context import DRIFT_SIGNALS
from mlspec.targets.aws.lower.refusal import Refusal
from mlspec.targets.aws.lower.signals import canary_limit
from mlspec.targets.aws.lower.training import IMAGE


@dataclass(frozen=True, slots=True)
class Limit:
    """A range AWS allows for the value at `path`, with the page that says so."""

    path: str
    read: Callable[[Spec], Any]
    low: Any
    high: Any
    who: str


_MINUTE, _DAY = 60_000, 86_400_000
LIMITS = (
    # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    Limit("serving.memory", lambda spec: spec.serving.memory, Size(128 * 2**20), Size(10_240 * 2**20), "Lambda"),
    Limit("serving.timeout", lambda spec: spec.serving.timeout, Duration(1000), Duration(900_000), "Lambda"),
    # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html, API_ResourceConfig.html
    Limit(
        "training.compute.max_runtime",
        lambda spec: spec.training.compute.max_runtime,
        Duration(_MINUTE),
        Duration(28 * _DAY),
        "SageMaker",
    ),
    Limit(
        "training.compute.volume", lambda spec: spec.training.compute.volume, Size(2**30), Size(16 * 2**40), "SageMaker"
    ),
    # https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html; an alarm needs a minute
    Limit(
        "rollout.bake", lambda spec: spec.rollout.bake, Duration(_MINUTE), Duration(_DAY), "an alarm that watches it"
    ),
)


def limits(spec: Spec) -> Iterator[Refusal]:
    """Values outside AWS's ranges."""
    for limit in LIMITS:
        value = limit.read(spec)
        if not limit.low <= value <= limit.high:
            yield _outside(limit.path, value, limit=(limit.low, limit.high), who=limit.who)


def windows(spec: Spec) -> Iterator[Refusal]:
    """CloudWatch judges at most seven days at once; drift is measured each five minutes at most."""
    for number, monitor in enumerate(spec.monitors):
        drift = monitor.signal in DRIFT_SIGNALS
        low, high = (Duration(5 * _MINUTE), Duration(365 * _DAY)) if drift else (Duration(_MINUTE), Duration(7 * _DAY))
        if not low <= monitor.window <= high:
            who = "the monitor" if drift else "CloudWatch"
            yield _outside(f"monitors.{number}.window", monitor.window, limit=(low, high), who=who)


def _outside(path: str, value: Any, *, limit: tuple[Any, Any], who: str) -> Refusal:
    message = f"{path.rpartition('.')[2]} {value} is outside what {who} allows"
    return Refusal(path, message, f"use {limit[0]} to {limit[1]}")


def lambda_python(spec: Spec) -> Iterator[Refusal]:
    """Lambda's Python 3.11 stands on glibc 2.26, and no wheel of NumPy 2 or ONNX Runtime runs on one before 2.27.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"""
    serving = spec.serving
    if serving.target == "lambda" and serving.python == "3.11" and serving.engine != "compiled":
        message = "ONNX Runtime does not run on Lambda's Python 3.11, whose system library is too old"
        yield Refusal("serving.python", message, 'use "3.12" or "3.13", or serving.engine: compiled')


def snap_start(spec: Spec) -> Iterator[Refusal]:
    """A snapshot is taken of Python 3.12 and later: https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html"""
    if spec.serving.snap_start and spec.serving.python == "3.11":
        message = "Lambda takes no snapshot of a function in Python 3.11"
        yield Refusal("serving.snap_start", message, 'use serving.python: "3.12" or "3.13", or leave snap_start out')


def rollback_limits(spec: Spec) -> Iterator[Refusal]:
    """An alarm needs a number."""
    for number, signal in enumerate(spec.rollout.rollback_on):
        if signal == "latency_p99" and canary_limit(spec, signal) is None:
            hint = "add a monitor: {signal: latency_p99, max: 50ms}"
            yield Refusal(f"rollout.rollback_on.{number}", "nothing says how high latency_p99 may be", hint)


def images(spec: Spec) -> Iterator[Refusal]:
    """An image must be where SageMaker can pull it from."""
    image = spec.training.image
    if image is not None and not IMAGE.fullmatch(image):
        hint = "such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/train:1"
        yield Refusal("training.image", "SageMaker pulls images from ECR, with a tag or digest", hint)


def schemes(spec: Spec) -> Iterator[Refusal]:
    """SageMaker reads S3, by a scheme in small letters; files without a scheme are shipped there."""
    uri = spec.data.source.uri
    if "://" in uri and not uri.startswith("s3://"):
        scheme = uri.partition("://")[0]
        yield Refusal("data.source.uri", f"rows cannot be read from {scheme}://", "use s3:// or a local path")


def unread_data(spec: Spec, inputs: Mapping[str, bytes]) -> Iterator[Refusal]:
    """Local rows that are not there."""
    if "://" not in spec.data.source.uri and not inputs:
        message = f"no {spec.data.source.format} file is at {spec.data.source.uri}"
        yield Refusal("data.source.uri", message, "give a file or folder beside the spec, or s3://bucket/prefix/")
