"""What every lowering reads, and what it hands back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlspec.compiler.graph import ACCOUNT, PARTITION, REGION, Grant, Join, Options, Resource, Reviewer, Unit, Value
from mlspec.specs.checked import Checked
from mlspec.specs.models import Monitor, Spec
from mlspec.targets.aws.forms import Form, form_of

DRIFT_SIGNALS = ("data_drift", "prediction_drift")
NAMESPACE = "mlspec"
_NO_OPTIONS = Options()


@dataclass(frozen=True)
class Context:
    """The checked spec, the bytes of local data files, the units by name, and the workflow's document."""

    checked: Checked
    inputs: Mapping[str, bytes]
    units: Mapping[str, Unit]
    digests: Mapping[str, str]
    workflow: Value

    @property
    def spec(self) -> Spec:
        """The spec itself."""
        return self.checked.spec

    def resource(  # one call makes a resource whole; every argument is one of its parts
        self,
        type: str,  # noqa: A002
        name: str,
        properties: Mapping[str, Value],
        *,
        path: str,
        reviewer: Reviewer,
        why: str,
        options: Options = _NO_OPTIONS,
    ) -> Resource:
        """A resource that the spec's key `path` asked for."""
        return Resource(type, name, properties, self.checked.origins.of(path), reviewer, why, options)

    @property
    def form(self) -> Form:
        """How the function that answers ships, and how large its model may be."""
        return form_of(self.spec.serving)

    @property
    def drift_monitors(self) -> tuple[Monitor, ...]:
        """The monitors of drift, which the monitor unit measures."""
        return tuple(monitor for monitor in self.spec.monitors if monitor.signal in DRIFT_SIGNALS)


@dataclass(frozen=True, slots=True)
class Lowered:
    """One lowering's share of the graph."""

    resources: tuple[Resource, ...] = ()
    grants: tuple[Grant, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)


def arn(service: str, *rest: Value, account: Value = ACCOUNT, region: Value = REGION) -> Join:
    """`arn:<partition>:<service>:<region>:<account>:<rest>`, for what is named before it exists."""
    return Join(("arn:", PARTITION, f":{service}:", region, ":", account, ":", *rest))


SAME_ACCOUNT: Mapping[str, Mapping[str, Value]] = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
