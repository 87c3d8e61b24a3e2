"""What a request's way through the service is made of: what came in, its rows as the model takes them, or a refusal."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from msgspec import Struct

LARGE = 256 * 1024  # bytes of a body; what fewer can hold is not worth counting before it is made
JSON_LENGTH = "inference-header-content-length"  # the header that says how much of a body is JSON, where tensors follow


class ServingContract(Protocol):
    """What the generated module `contract` offers.

    `Request` has the fields records, columns, partial and explain; `Columns` has the fields of `Record`, as lists.
    `TIMEOUT` is `serving.timeout` in seconds."""

    @property
    def MODEL(self) -> str: ...  # noqa: N802
    @property
    def TASK(self) -> str: ...  # noqa: N802
    @property
    def MAX_ROWS(self) -> int: ...  # noqa: N802
    @property
    def TIMEOUT(self) -> float: ...  # noqa: N802
    @property
    def FEATURES(self) -> Mapping[str, Sequence[str]]: ...  # noqa: N802
    @property
    def LIMITS(self) -> Mapping[str, tuple[float, float, bool, bool]]: ...  # noqa: N802
    @property
    def EXPECTED(self) -> Mapping[str, str]: ...  # noqa: N802
    @property
    def Record(self) -> type[Struct]: ...  # noqa: N802
    @property
    def Columns(self) -> type[Struct]: ...  # noqa: N802
    @property
    def Request(self) -> type[Any]: ...  # noqa: N802

    def decode(self, body: bytes, /) -> Any:
        """A `Request`, or msgspec's error at the first thing that is wrong."""

    def assemble(self, records: list[Any], /) -> bytes:
        """The features of each record as float32, one record after another."""

    def count(self, columns: Any, /) -> int:
        """How many rows a `Columns` has, going by its first feature."""

    def assemble_columns(self, columns: Any, rows: int, /) -> bytes:
        """The same as `assemble`; raises struct.error or ValueError where a list has not `rows` values."""


class Payload(Struct, frozen=True, gc=False):
    """A request: `body` is its bytes, or what a direct invoke carried; `protocol` is `mlspec` or `v2`.

    `json_length` is how much of the body is JSON, where tensors follow it as they are in memory: 0 for all of it."""

    body: Any
    content_type: str = "application/json"
    protocol: str = "mlspec"
    partial: bool = False
    explain: bool = False
    json_length: int = 0


class Problem(NamedTuple):
    """What is wrong in which row and column; None where it is not about one."""

    row: int | None
    column: str | None
    reason: str


class Decoded(Struct, frozen=True, gc=False):
    """`rows`: `count` rows of float32, NaN missing, +inf a category unseen in training.

    `places` says which of the caller's `total` rows these are, where some were refused and the rest was wanted;
    `problems` is why. `id` and `outputs` are those of an Open Inference Protocol request, and `attached` which of them
    are wanted as bytes behind the reply's JSON (None: all)."""

    rows: bytes
    count: int
    partial: bool = False
    explain: bool = False
    protocol: str = "mlspec"
    total: int = 0
    places: Sequence[int] | None = None
    problems: Sequence[Problem] = ()
    id: str = ""
    outputs: Sequence[str] = ()
    attached: Sequence[str] | None = ()


class WithTensors(bytes):
    """A reply's body: JSON of `json_length` bytes, and tensors behind it as they are in memory."""

    json_length: int

    @classmethod
    def of(cls, json: bytes, tensors: Sequence[bytes]) -> "WithTensors":
        """The body of these parts."""
        body = cls(b"".join((json, *tensors)))
        body.json_length = len(json)
        return body


def json_length(body: bytes) -> int:
    """How much of a reply's body is JSON where tensors follow it; 0 where it is all."""
    return body.json_length if isinstance(body, WithTensors) else 0


class Outcome(Struct, frozen=True, gc=False):
    """What one request gets, and how many rows were predicted for it; `json_length` where tensors follow the JSON."""

    status: int
    body: bytes
    rows: int = 0
    json_length: int = 0


class Refusal(Exception):
    """A request that is not answered with predictions: the HTTP status and the body that it gets."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(body["error"])
        self.status = status
        self.body = body


def broken(problems: Sequence[Problem]) -> Refusal:
    """The refusal of a request that breaks the contract."""
    return Refusal(400, {"error": "contract", "problems": [problem._asdict() for problem in problems]})


def check_count(rows: int, contract: ServingContract) -> None:
    """Raise Refusal for more rows than one request takes."""
    if rows > contract.MAX_ROWS:
        reason = f"{rows} records; one request takes at most {contract.MAX_ROWS}"
        raise Refusal(413, {"error": "too many rows", "reason": reason})
