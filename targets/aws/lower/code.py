"""Units and local data files as objects in the store, under keys that name their content."""

import hashlib
from collections.abc import Iterable

from mlspec.compiler.graph import Asset, Ref, Resource, Value
from mlspec.targets.aws.lower.context import Context, Lowered
from mlspec.targets.aws.lower.storage import STORE
from mlspec.targets.aws.types import BUCKET_OBJECT


def lower_code(context: Context) -> Lowered:
    """One object for each unit that ships as a zip, and one for each data file that lies beside the spec."""
    zipped = context.units.keys() - ({"inference"} if context.form.name == "image" else set())
    units = tuple(_unit(context, name) for name in sorted(zipped))
    data = tuple(_data(context, number, path) for number, path in enumerate(sorted(context.inputs), 1))
    files = {f"data/{path}": context.inputs[path] for path in sorted(context.inputs)}
    return Lowered((*units, *data), files=files)


def code_key(unit: str, digest: str) -> str:
    """Where a unit's zip lies; training's keeps the name that its entry point unpacks."""
    return f"code/{unit}-{digest[:16]}/training.zip" if unit == "training" else f"code/{unit}-{digest[:16]}.zip"


def data_key(inputs: Iterable[str]) -> str:
    """Where the local data lies: the object of a lone file, the prefix of a folder."""
    paths = sorted(inputs)
    return f"data/{paths[0]}" if len(paths) == 1 else "data/"


def _unit(context: Context, unit: str) -> Resource:
    digest = context.digests[unit]
    return _object(
        context,
        f"{unit}-code",
        key=code_key(unit, digest),
        asset=Asset(f"packages/{unit}.zip", digest),
        path=_ASKED_BY.get(unit, "name"),
        why=f"The code of {unit}; another digest is another object.",
    )


def _data(context: Context, number: int, path: str) -> Resource:
    asset = Asset(f"data/{path}", hashlib.sha256(context.inputs[path]).hexdigest())
    return _object(
        context,
        f"data-{number}",
        key=asset.path,
        asset=asset,
        path="data.source.uri",
        why="Rows from beside the spec, where the training job can read them.",
    )


def _object(context: Context, name: str, *, key: str, asset: Asset, path: str, why: str) -> Resource:
    properties: dict[str, Value] = {
        "bucket": STORE,
        "key": key,
        "source": asset,
        "sourceHash": asset.digest,
        "serverSideEncryption": "aws:kms",
        "kmsKeyId": Ref("key", "arn"),
        "bucketKeyEnabled": True,
    }
    return context.resource(BUCKET_OBJECT, name, properties, path=path, reviewer="ml", why=why)


_ASKED_BY = {
    "training": "training",
    "inference": "serving",
    "inference-compiled": "serving.engine",
    "gate": "gates",
    "rollout": "rollout",
    "monitor": "monitors",
    "start": "retraining",
}
