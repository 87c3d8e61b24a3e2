"""Only a cloud on this machine is ever touched."""

import ipaddress
from urllib.parse import urlsplit

from mlspec.targets.local.engine.errors import deploy_error


def require_loopback(endpoint: str) -> None:
    """Raise DeployError unless the endpoint is on this machine's loopback interface."""
    host = urlsplit(endpoint).hostname or ""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    if not local:
        raise deploy_error(
            "ML605", f"the local target does not deploy to {endpoint}",
            hint="it only deploys to a mocked cloud on this machine; for AWS use --target aws",
        )  # fmt: skip
