"""What all behaviours of the mocked cloud share: where it is, its clock, what runs, and its metrics."""

import random
import threading
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from mlspec.targets.local.client import loopback_client
from mlspec.targets.local.cloud.activity import Activity
from mlspec.targets.local.cloud.clock import Clock
from mlspec.targets.local.cloud.metrics import Metrics

ACCOUNT = "123456789012"
REGION = "us-east-1"


@dataclass
class World:
    """One mocked cloud. `waits` says until when each waiting execution waits; `foreseen` when an alarm will change by
    itself, and what that was told from; `routing` draws versions by weight."""

    id: str
    directory: Path
    clock: Clock
    activity: Activity = field(default_factory=Activity)
    metrics: Metrics = field(default_factory=Metrics)
    endpoint: str = ""
    account: str = ACCOUNT
    region: str = REGION
    waits: dict[str, datetime] = field(default_factory=dict)
    foreseen: dict[str, tuple[tuple[int, str, float], float | None]] = field(default_factory=dict)
    routing: random.Random = field(default_factory=lambda: random.Random(20130101))  # noqa: S311
    lock: threading.RLock = field(default_factory=threading.RLock)
    pools: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """A boto3 client of this very cloud."""
        with self.lock:
            return loopback_client(self.endpoint, self.region, service)

    def backend(self, service: str) -> Any:
        """moto's own backend of a service in this account and region."""
        from moto.backends import get_backend

        if service == "stepfunctions":  # machines that run are not where moto lists its backends
            from moto.stepfunctions.parser.models import stepfunctions_parser_backends

            return stepfunctions_parser_backends[self.account][self.region]
        return get_backend(service)[self.account][self.region]  # type: ignore[call-overload]
