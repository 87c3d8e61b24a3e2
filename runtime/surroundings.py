"""What a rollout works with: the store, the traffic, the canary's alarms and the registry."""

from dataclasses import dataclass

from mlspec.runtime.canary_alarms import CanaryAlarms
from mlspec.runtime.registry import Registry
from mlspec.runtime.store import Store
from mlspec.runtime.traffic import Traffic


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`base` is the key of the inference unit's zip, without a model; `compiled_base` that of the one without NumPy and
    ONNX Runtime, empty where the stack has none. With `image` there is neither: the function finds the release in the
    store."""

    store: Store
    traffic: Traffic
    alarms: CanaryAlarms
    registry: Registry
    base: str = ""
    compiled_base: str = ""
    image: bool = False
