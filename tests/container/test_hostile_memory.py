"""What a body may cost in memory: itself and its parts as they came, whatever its few bytes ask to be made of them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from json import dumps
from pathlib import Path
from typing import Any

import pytest

from tests.container.conftest import Example, Running
from tests.container.records import good_records

SIZE = 24 * 2**20  # of a body; the server takes 32 MiB
# The parts as they were received and the body that they are joined to; as much for its rows or one long text, and for
# what the allocator keeps of the request before it.
MOST = 4 * SIZE
V2 = "/v2/models/flight-delay/infer"
Row = dict[str, Any]


@dataclass(frozen=True)
class Attacked:
    """A server of its own, and the bytes that its worker held before the first body came."""

    running: Running
    process: Path
    row: Row
    idle: int

    def holds(self, name: str) -> int:
        """Bytes: VmRSS now, VmHWM at most."""
        lines = (self.process / "status").read_text().splitlines()
        return 1024 * int(next(line.split()[1] for line in lines if line.startswith(name)))


@pytest.fixture(scope="module")
def attacked(example_of: Callable[[str], Example]) -> Iterator[Attacked]:
    with example_of("flight-delay").served() as running:
        (row,) = good_records(running.example.checked)
        with running.client() as client:
            assert client.predict({"records": [row]}).status == 200
        master = running.process.pid
        (worker,) = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        quiet = Attacked(running, Path("/proc") / worker, row, 0)
        yield Attacked(running, quiet.process, row, quiet.holds("VmRSS"))


def many(item: str) -> str:
    """JSON values, commas between them, that fill a body."""
    return ",".join([item] * (SIZE // (len(item) + 1)))


def records(row: str) -> str:
    return f'{{"records":[{many(row)}]}}'


def unused(row: Row) -> str:
    return f'{{"records":[{dumps(row)[:-1]},"dep_delay":[{many("{}")}]}}]}}'


def keys(row: Row) -> str:
    return f'{{"records":[{{{",".join(f"""{dumps(hex(number))}:1""" for number in range(SIZE // 14))}}}]}}'


def tensor(item: str) -> str:
    return f'{{"inputs":[{{"name":"hour","datatype":"INT64","shape":[1],"data":[{many(item)}]}}]}}'


JSON: Mapping[str, tuple[Callable[[Row], str], set[int]]] = {
    "empty rows": (lambda row: records("{}"), {400}),
    "numbers for rows": (lambda row: records("0.1"), {400}),
    "lists for rows": (lambda row: records("[]"), {400}),
    "nests for rows": (lambda row: records("[" * 120 + "]" * 120), {400}),
    "good rows": (lambda row: records(dumps(row)), {413}),
    "bad rows": (lambda row: records(dumps({**row, "hour": "x"})), {400}),
    "cut off": (lambda row: records(dumps(row))[:-2], {413}),
    "rows given twice": (lambda row: records(dumps(row))[:-1] + ',"records":[]}', {413}),
    "a column": (lambda row: f'{{"columns":{{"hour":[{many("1.5")}]}}}}', {400}),
    "an unknown key": (lambda row: f'{{"junk":[{many("[]")}]}}', {400}),
    "an unused column": (unused, {200}),
    "an unused column of a bad row": (lambda row: unused({**row, "hour": "x"}), {400}),
    "many keys": (keys, {400}),
    "a long text": (lambda row: f'{{"records":[{dumps({**row, "hour": "x" * SIZE})}]}}', {400}),
}
TENSORS: Mapping[str, tuple[Callable[[Row], str], set[int]]] = {
    "numbers": (lambda row: tensor("1.5"), {413}),
    "objects": (lambda row: tensor("{}"), {413}),
}
CSV: Mapping[str, tuple[Callable[[Row], str], set[int]]] = {
    "short lines": (lambda row: ",".join(row) + "\n" + ("," * (len(row) - 1) + "\n") * (SIZE // len(row)), {413}),
    "one wide line": (lambda row: "," * SIZE, {400}),
    "wide lines": (lambda row: ("," * 9_999 + "\n") * (SIZE // 10_000), {400}),
    "wide rows": (lambda row: "hour\n" + ("," * 9_999 + "\n") * (SIZE // 10_000), {400}),
    "lines in quotes": (lambda row: "hour\n" + '"\n",' * (SIZE // 4), {400}),
}
CASES = [
    *(pytest.param("/invocations", "application/json", *case, id=f"records: {name}") for name, case in JSON.items()),
    *(pytest.param(V2, "application/json", *case, id=f"tensor: {name}") for name, case in TENSORS.items()),
    *(pytest.param("/invocations", "text/csv", *case, id=f"csv: {name}") for name, case in CSV.items()),
]


@pytest.mark.parametrize(("path", "kind", "body", "allowed"), CASES)
def test_a_body_takes_no_more_memory_than_four_times_its_size(
    attacked: Attacked, path: str, kind: str, body: Callable[[Row], str], allowed: set[int]
) -> None:
    sent = body(attacked.row).encode()
    (attacked.process / "clear_refs").write_text("5")  # the peak is counted from here
    with attacked.running.client() as client:
        status = client.ask("POST", path, sent, content_type=kind).status
        grown = attacked.holds("VmHWM") - attacked.idle
        print(f"{status}, {grown // 2**20} MiB more than before the first body")
        assert client.predict({"records": [attacked.row]}).status == 200
    assert status in allowed
    assert grown < MOST
