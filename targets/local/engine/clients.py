"""The mocked cloud with one client for each service: making a client costs far more than a call."""

import threading
from typing import Any

from mlspec.targets.local.engine.providers.contract import Cloud


class Clients:
    """A cloud whose clients are made once and shared by all threads of one apply."""

    def __init__(self, cloud: Cloud) -> None:
        self.endpoint, self.id, self.account, self.region = cloud.endpoint, cloud.id, cloud.account, cloud.region
        self._cloud = cloud
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()  # boto3 makes clients safely in one thread at a time

    def client(self, service: str) -> Any:
        """The service's client."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._cloud.client(service)
            return self._clients[service]
