"""The other end of Pulumi's protocol: turns each call of the SDK into a `Request` and hands back its `Answer`."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import engine_pb2, resource_pb2

from mlspec.targets.local.engine.request import Answer, Request
from mlspec.targets.local.engine.wire import decode, encode

_FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
)
_STACK = "pulumi:pulumi:Stack"


class Monitor:
    """Has the methods of Pulumi's ResourceMonitor and Engine services; called in process, from several threads.

    `register` makes a resource; `facts` are what the program may ask for (account, region, partition)."""

    def __init__(
        self, project: str, stack: str, *, folder: Path, register: Callable[[Request], Answer], facts: Mapping[str, str]
    ) -> None:
        self.outputs: dict[str, Any] = {}
        self.messages: list[str] = []
        self._project, self._stack, self._folder = project, stack, folder
        self._register = register
        self._invokes = {
            "aws:index/getCallerIdentity:getCallerIdentity": {
                "accountId": facts["accountId"],
                "arn": f"arn:aws:iam::{facts['accountId']}:root",
                "userId": facts["accountId"],
                "id": facts["accountId"],
            },
            "aws:index/getRegion:getRegion": {
                "region": facts["region"],
                "name": facts["region"],
                "id": facts["region"],
                "description": facts["region"],
                "endpoint": f"ec2.{facts['region']}.amazonaws.com",
            },
            "aws:index/getPartition:getPartition": {
                "partition": facts["partition"],
                "id": facts["partition"],
                "dnsSuffix": "amazonaws.com",
                "reverseDnsPrefix": "com.amazonaws",
            },
        }
        self._root = ""
        self._urns: set[str] = set()
        self._lock = threading.Lock()

    # --- ResourceMonitor

    def GetDeploymentInfo(self, request: Any) -> Any:  # noqa: N802
        """What this monitor can do."""
        return resource_pb2.DeploymentInfo(
            project=self._project, stack=self._stack, dryRun=False, supportedFeatures=_FEATURES
        )

    def SupportsFeature(self, request: Any) -> Any:  # noqa: N802
        """The same question, as older SDKs ask it."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in ("secrets", "aliasSpecs", "deletedWith"))

    def SignalAndWaitForShutdown(self, request: Any) -> Any:  # noqa: N802
        """The program has registered everything."""
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> Any:  # noqa: N802
        """A question about the account: answered from what is known, with no call to the cloud."""
        if request.tok not in self._invokes:
            raise NotImplementedError(f"the local target cannot answer {request.tok}")
        return resource_pb2.ResourceInvokeResponse(**{"return": encode(self._invokes[request.tok])})

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        """One resource of the program; answers once it is there."""
        urn = self._claim(request)
        if not request.custom or request.type.startswith("pulumi:providers:"):
            return resource_pb2.RegisterResourceResponse(urn=urn, id=request.name, object=request.object)
        answer = self._register(self._request(request, urn))
        return resource_pb2.RegisterResourceResponse(urn=urn, id=answer.id, object=encode(answer.outputs))

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        """The stack's outputs."""
        if _STACK in request.urn:
            self.outputs = decode(request.outputs, self._folder)
        return empty_pb2.Empty()

    def _claim(self, request: Any) -> str:
        urn = f"urn:pulumi:{self._stack}::{self._project}::{request.type}::{request.name}"
        with self._lock:
            if urn in self._urns:
                raise ValueError(f"the program registers {request.name} ({request.type}) twice")
            self._urns.add(urn)
        return urn

    def _request(self, request: Any, urn: str) -> Request:
        return Request(
            type=request.type,
            name=request.name,
            urn=urn,
            inputs=decode(request.object, self._folder),
            dependencies=_names(request.dependencies),
            property_dependencies={
                key: _names(value.urns) for key, value in sorted(request.propertyDependencies.items()) if value.urns
            },
            parent="" if _STACK in request.parent else request.parent,
            protect=request.protect,
            ignore_changes=tuple(request.ignoreChanges),
            replace_on_changes=tuple(request.replaceOnChanges),
            delete_before_replace=request.deleteBeforeReplace,
            retain_on_delete=request.retainOnDelete,
            aliases=tuple(sorted(alias.spec.name or alias.urn for alias in request.aliases)),
        )

    # --- Engine

    def Log(self, request: Any) -> Any:  # noqa: N802
        """What the SDK has to say; only its errors are kept."""
        if request.severity >= engine_pb2.ERROR:
            self.messages.append(request.message)
        return empty_pb2.Empty()

    def GetRootResource(self, request: Any) -> Any:  # noqa: N802
        """The stack's own URN."""
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(self, request: Any) -> Any:  # noqa: N802
        """The stack's own URN, told by the SDK."""
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def RequirePulumiVersion(self, request: Any) -> Any:  # noqa: N802
        """Whatever version the program asks for: the SDK it imports is the one installed."""
        return engine_pb2.RequirePulumiVersionResponse()


def _names(urns: Any) -> tuple[str, ...]:
    """Logical names; the SDK sends the URNs in no fixed order."""
    return tuple(sorted({urn.rpartition("::")[2] for urn in urns}))
