"""Each form of a request beside ONNX Runtime's own call on the same rows: decode, predict and encode together."""

import json
import statistics
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from bench_handler import build, per_call, raw_model, wide_spec

from mlspec.runtime.engines import open_engine
from mlspec.runtime.payload import Payload
from mlspec.runtime.replies import encode_reply, replying
from mlspec.runtime.requests import decode

ROUNDS = 21


def payloads(contract: ModuleType, records: list[dict[str, Any]]) -> dict[str, Payload]:
    """The same rows in every form."""
    columns = {name: [record[name] for record in records] for name in records[0]}
    plain = Payload(json.dumps({"records": records}).encode())
    rows = decode(contract, plain).rows
    tensor = {"name": "X", "shape": [len(records), len(columns)], "datatype": "FP32"}
    head = json.dumps({"inputs": [{**tensor, "parameters": {"binary_data_size": len(rows)}}]}).encode()
    values = [None if value != value else value for value in memoryview(rows).cast("f").tolist()]
    return {
        "records": plain,
        "columns": Payload(json.dumps({"columns": columns}).encode()),
        "v2, JSON": Payload(json.dumps({"inputs": [{**tensor, "data": values}]}).encode(), protocol="v2"),
        "v2, binary": Payload(head + rows, protocol="v2", json_length=len(head)),
    }


def shares(calls: Mapping[str, Callable[[], Any]], raw: Callable[[], Any], times: int) -> dict[str, float]:
    """Of the raw call's rows a second, what each form reaches: the median of ratios taken side by side."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            found[name].append(per_call(raw, times) / per_call(call, times))
    return {name: statistics.median(values) for name, values in found.items()}


def main() -> None:
    """Print a line for each number of rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "wide"
        contract = build(wide_spec(Path(name)), folder)
        records = json.loads((folder / "model" / "records.json").read_text())
        description = json.loads((folder / "model" / "model.json").read_text())
        engine, release = open_engine("onnx", folder / "model", description), replying(contract, description, "1")

        def whole(payload: Payload) -> bytes:
            decoded = decode(contract, payload)
            return encode_reply(release, decoded, engine.predict(decoded.rows))

        for batch in (1, 64, 512):
            asked = payloads(contract, records[:batch])
            matrix = np.frombuffer(decode(contract, asked["records"]).rows, np.float32).reshape(batch, -1)
            calls = {form: lambda payload=payload: whole(payload) for form, payload in asked.items()}
            found = shares(calls, raw_model(folder, matrix), max(3, 1000 // batch))
            print(f"{batch:5} rows  " + "  ".join(f"{form} {share:.0%}" for form, share in found.items()), flush=True)


if __name__ == "__main__":
    main()
