"""Runs one Pulumi program under the SDK's mocks and prints what it registered; started as a process of its own."""

import asyncio
import json
import runpy
import sys
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks, set_mocks
from pulumi.runtime.stack import run_pulumi_func

ACCOUNT = {"accountId": "(aws.accountId)", "arn": "a", "userId": "u", "id": "i"}
FOUND: dict[str, Any] = {}


class Recorder(Mocks):
    """Every output a program can read is there: `(name.output)`."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if args.typ != "pulumi:pulumi:Stack":
            FOUND[args.name] = {"type": args.typ, "inputs": _plain(args.inputs)}
        outputs = {output: f"({args.name}.{output})" for output in OUTPUTS}
        return f"({args.name}.id)", {**args.inputs, **outputs}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        return {**ACCOUNT, "region": "(aws.region)", "partition": "(aws.partition)", "name": "n", "dnsSuffix": "d"}, []


OUTPUTS = (
    "arn", "invokeArn", "version", "functionUrl", "keyId", "url", "key", "name", "bucket", "modelPackageGroupName",
)  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return {"$asset": value.path} if isinstance(value, pulumi.FileAsset) else value


def main(path: str) -> None:
    """Run, wait for every registration, print."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    set_mocks(Recorder(), project="flight", stack="dev")

    def program() -> None:
        runpy.run_path(path, run_name="__main__")

    loop.run_until_complete(run_pulumi_func(program))
    json.dump(FOUND, sys.stdout, sort_keys=True)


if __name__ == "__main__":
    main(sys.argv[1])
