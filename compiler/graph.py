"""The graph: typed resources, references between them, grants, files that ship; no cloud service is named here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from mlspec.specs.origins import Origin

Reviewer = Literal["security", "cost", "ml", "operations"]


@dataclass(frozen=True, slots=True)
class Ref:
    """An output of another resource, by Pulumi's own (camelCase) name: `Ref("key", "arn")`; `id` is its id."""

    resource: str
    output: str


ACCOUNT = Ref("aws", "accountId")
REGION = Ref("aws", "region")
PARTITION = Ref("aws", "partition")


@dataclass(frozen=True, slots=True)
class Name:
    """The physical name another resource will have, known before it exists: no dependency, so cycles stay away.

    The name pass replaces it with a string (or a `Join`, where a name holds the account)."""

    resource: str


@dataclass(frozen=True, slots=True)
class Join:
    """The parts, one after another, as one string."""

    parts: tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class Json:
    """A JSON document that may hold references, sent as one string with sorted keys."""

    document: "Value"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the bundle, by its path from the bundle's root, with the SHA-256 of what it will hold."""

    path: str
    digest: str


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret's name in the deployment's configuration; its value is never here."""

    name: str


Value: TypeAlias = (
    bool
    | int
    | float
    | str
    | Ref
    | Name
    | Join
    | Json
    | Asset
    | Secret
    | tuple["Value", ...]
    | Mapping[str, "Value"]
    | None
)


@dataclass(frozen=True, slots=True)
class Options:
    """Pulumi's resource options, those we use; names are of resources in the graph and of wire properties."""

    depends_on: tuple[str, ...] = ()
    protect: bool = False
    ignore_changes: tuple[str, ...] = ()
    delete_before_replace: bool = False
    retain_on_delete: bool = False


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource: Pulumi's type token, a short name unique in the graph, wire (camelCase) properties.

    `why` is one sentence for a reader of the plan and of the emitted program."""

    type: str
    name: str
    properties: Mapping[str, Value]
    origin: Origin
    reviewer: Reviewer
    why: str
    options: Options = Options()


@dataclass(frozen=True, slots=True)
class Grant:
    """`principal` (the name of a role in the graph) may do `actions` on `resources`; a pass makes policies of it."""

    principal: str
    actions: tuple[str, ...]
    resources: tuple[Value, ...]
    why: str
    conditions: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing that runs: its files under `code/<name>/`, its locked requirements, and where it runs.

    `vendored` are names of modules of `mlspec.runtime` whose closure ships with it. `provided` says the platform
    brings the requirements itself."""

    name: str
    files: Mapping[str, bytes]
    vendored: tuple[str, ...]
    requirements: tuple[str, ...]
    python: str
    architecture: Literal["x86_64", "arm64"]
    platform: Literal["lambda", "sagemaker", "container"]


@dataclass(frozen=True, slots=True)
class ResourceType:
    """What the compiler must know of one Pulumi type to name, tag, emit and plan it.

    `module` is the module under `pulumi_aws` (`s3`, `lambda_`) and `cls` the class in it.
    `blocks` maps the path of each nested object (`rules`, `rules.applyServerSideEncryptionByDefault`) to its Args class
    in `module`; `replace_on` are the properties that cannot be changed in place; `name_property` is the one that holds
    the physical name (empty: it has none), at most `name_limit` characters of `name_pattern`."""

    token: str
    module: str
    cls: str
    name_property: str = ""
    name_limit: int = 64
    name_pattern: str = r"[A-Za-z0-9_-]+"
    name_format: Literal["dash", "path", "account"] = "dash"
    taggable: bool = True
    blocks: Mapping[str, str] = field(default_factory=dict)
    replace_on: frozenset[str] = frozenset()
    stateful: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """All of it. `outputs` are exported from the stack; `files` ship as they are, by path from the bundle's root;
    `tags` are put on everything that takes tags, besides those the compiler makes."""

    spec: str
    environment: str
    resources: tuple[Resource, ...] = ()
    grants: tuple[Grant, ...] = ()
    units: tuple[Unit, ...] = ()
    outputs: Mapping[str, Value] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    def resource(self, name: str) -> Resource:
        """The resource with that name; raises KeyError."""
        for resource in self.resources:
            if resource.name == name:
                return resource
        raise KeyError(name)
