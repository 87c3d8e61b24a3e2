"""Says who may do more or less than before, and what the whole world may reach."""

from collections.abc import Iterator, Mapping
from typing import Any

from mlspec.compiler.encoding import compact, shown
from mlspec.compiler.entries import Entry
from mlspec.compiler.plan.model import Meaning, Sides

URL = "aws:lambda/functionUrl:FunctionUrl"
PERMISSION = "aws:lambda/permission:Permission"
ACCESS_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_BLOCKED = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
# A right as it is compared: effect, action, resource, who, condition.
Right = tuple[str, str, str, str, str]


def iam_widened(sides: Sides) -> Iterator[Meaning]:
    """Rights that are new, and denials that are gone; on a first apply all is new, and the steps say it."""
    for entry, gained, _ in _moved_rights(sides):
        text = f"IAM widened: {entry.name} now allows {_listed(gained)}"
        yield Meaning("iam-widened", "security", text, entry.origin, risk=True)


def iam_narrowed(sides: Sides) -> Iterator[Meaning]:
    """Rights that are gone, and denials that are new."""
    for entry, _, lost in _moved_rights(sides, lost=True):
        yield Meaning(
            "iam-narrowed", "security", f"IAM narrowed: {entry.name} no longer allows {_listed(lost)}", entry.origin
        )


def public_exposure(sides: Sides) -> Iterator[Meaning]:
    """What anybody can reach after this, and could not before."""
    for name, entry in sorted(sides.new.items()):
        before = exposures(sides.old[name]) if name in sides.old else set()
        for text in sorted(exposures(entry) - before):
            yield Meaning("public-exposure", "security", f"public exposure: {name} {text}", entry.origin, risk=True)
    for name, entry in sorted(sides.old.items()):
        if entry.type == ACCESS_BLOCK and name not in sides.new and _bucket(entry) in sides.new:
            text = f"public exposure: {name} no longer keeps the bucket private"
            yield Meaning("public-exposure", "security", text, entry.origin, risk=True)


def exposures(entry: Entry) -> set[str]:
    """The ways in which a resource is open to everybody, each as the end of a sentence."""
    found = {
        f"lets anybody {action}"
        for effect, action, _, who, condition in rights(entry)
        if effect == "Allow" and who in ("*", '{"AWS": "*"}') and condition == "{}"
    }
    properties = entry.properties
    if entry.type == URL and properties.get("authorizationType") != "AWS_IAM":
        found.add("answers callers who have not signed in")
    if entry.type == PERMISSION and properties.get("principal") == "*":
        signed = properties.get("functionUrlAuthType") == "AWS_IAM" or "principalOrgId" in properties
        found |= set() if signed else {"lets anybody invoke the function"}
    if entry.type == ACCESS_BLOCK:
        found |= {f"leaves {flag} off" for flag in _BLOCKED if properties.get(flag) is not True}
    if str(properties.get("acl", "private")).startswith("public"):
        found.add("has a public access list")
    return found


def rights(entry: Entry) -> set[Right]:
    """Every right that the policy documents of a resource give or deny."""
    documents = [value["$json"] for value in entry.properties.values() if isinstance(value, dict) and "$json" in value]
    statements = [
        statement
        for document in documents
        if isinstance(document, dict) and isinstance(document.get("Statement"), list)
        for statement in document["Statement"]
    ]
    return {right for statement in statements for right in _rights_of(statement)}


def _rights_of(statement: Mapping[str, Any]) -> Iterator[Right]:
    plain = shown(dict(statement))
    who = compact(plain.get("Principal", ""))
    condition = compact(plain.get("Condition", {}))
    for action in _many(plain.get("Action", plain.get("NotAction"))):
        for resource in _many(plain.get("Resource", "")):
            yield (plain["Effect"], str(action), str(resource), who, condition)


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _moved_rights(sides: Sides, *, lost: bool = False) -> Iterator[tuple[Entry, set[Right], set[Right]]]:
    """Resources whose rights moved, with those gained and those lost; empty when nothing was deployed before, and when
    everything is destroyed: a denial that goes with what it guards gives nobody a right."""
    for name in sorted(sides.old.keys() | sides.new.keys()) if sides.old and sides.new else ():
        entry = sides.new.get(name) or sides.old[name]
        before = rights(sides.old[name]) if name in sides.old else set()
        after = rights(sides.new[name]) if name in sides.new else set()
        gained = {r for r in after - before if r[0] == "Allow"} | {r for r in before - after if r[0] == "Deny"}
        fewer = {r for r in before - after if r[0] == "Allow"} | {r for r in after - before if r[0] == "Deny"}
        if fewer if lost else gained:
            yield entry, gained, fewer


def _listed(rights: set[Right]) -> str:
    texts = []
    for _, action, resource, who, condition in sorted(rights):
        text = action + (f" on {resource}" if resource else "") + (f" to {who}" if who else "")
        texts.append(text + (f" when {condition}" if condition != "{}" else ""))
    return "; ".join(dict.fromkeys(texts))


def _bucket(entry: Entry) -> str:
    bucket = entry.properties.get("bucket")
    return str(bucket["$ref"][0]) if isinstance(bucket, dict) and "$ref" in bucket else ""
