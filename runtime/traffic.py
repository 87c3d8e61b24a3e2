"""Moves the traffic of the live alias between versions of the inference function, and publishes new versions."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Traffic:
    """`client` is boto3's for Lambda."""

    client: Any
    function: str
    alias: str

    @property
    def version(self) -> str:
        """The version that has the traffic the canary does not have."""
        answer = self.client.get_alias(FunctionName=self.function, Name=self.alias)
        return str(answer["FunctionVersion"])

    def all_to(self, version: str) -> None:
        """Every request to `version`."""
        self._route(version, {})

    def split(self, stable: str, canary: str, share: float) -> None:
        """That share of requests to `canary`, the others to `stable`."""
        self._route(stable, {canary: share})

    def publish(self, package: str, *, bucket: str, content: bytes) -> str:
        """A version that runs exactly `content`, which lies at `package`; the same content gives no second version."""
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        self._settle()
        if self._configuration()["CodeSha256"] != digest:
            self.client.update_function_code(FunctionName=self.function, S3Bucket=bucket, S3Key=package)
            self._settle()
        # Lambda refuses when the code is not the one with this digest: a deployment in between cannot slip in.
        version = self.client.publish_version(FunctionName=self.function, CodeSha256=digest)["Version"]
        # A version that starts from a snapshot takes no traffic until the snapshot is taken.
        self.client.get_waiter("published_version_active").wait(FunctionName=self.function, Qualifier=version)
        published = self._configuration(Qualifier=version)
        if published["CodeSha256"] != digest:
            raise RuntimeError(f"version {version} of {self.function} runs {published['CodeSha256']}, not {digest}")
        return str(version)

    def publish_naming(self, variables: Mapping[str, str]) -> str:
        """A version whose environment says `variables` as well; the same again gives no second version."""
        self._settle()
        told = self._variables()
        if {**told, **variables} != told:
            environment = {"Variables": {**told, **variables}}
            self.client.update_function_configuration(FunctionName=self.function, Environment=environment)
            self._settle()
        version = str(self.client.publish_version(FunctionName=self.function)["Version"])
        self.client.get_waiter("published_version_active").wait(FunctionName=self.function, Qualifier=version)
        published = self._variables(Qualifier=version)
        if {**published, **variables} != published:  # a deployment in between has slipped in
            raise RuntimeError(f"version {version} of {self.function} does not name {', '.join(variables.values())}")
        return version

    def names(self, version: str, variables: Mapping[str, str]) -> bool:
        """Whether that version is there, and its environment says `variables`."""
        told = self._described(version).get("Environment", {}).get("Variables", {})
        return bool(told) and {**told, **variables} == told

    def runs(self, version: str, digest: str) -> bool:
        """Whether that version is there, and its code has that SHA-256 (hexadecimal)."""
        code = self._described(version).get("CodeSha256")
        return bool(code == base64.b64encode(bytes.fromhex(digest)).decode())

    def _described(self, version: str) -> dict[str, Any]:
        try:
            return dict(self._configuration(Qualifier=version))
        except self.client.exceptions.ResourceNotFoundException:
            return {}

    def _variables(self, **qualifier: str) -> dict[str, str]:
        return dict(self._configuration(**qualifier).get("Environment", {}).get("Variables", {}))

    def _route(self, version: str, weights: dict[str, float]) -> None:
        self.client.update_alias(
            FunctionName=self.function,
            Name=self.alias,
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": weights},
        )

    def _settle(self) -> None:
        if self._configuration().get("State") == "Pending":  # made a moment ago, and its image is being made ready
            self.client.get_waiter("function_active").wait(FunctionName=self.function)
        self.client.get_waiter("function_updated").wait(FunctionName=self.function, WaiterConfig={"Delay": 1})

    def _configuration(self, **qualifier: str) -> Any:
        return self.client.get_function_configuration(FunctionName=self.function, **qualifier)
