"""A Lambda event turned into the records it holds, or into a refusal that says everything that is wrong with it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from msgspec import MsgspecError, Struct, convert

from mlspec.runtime.function_url import BadBody, body_of, is_url_event
from mlspec.runtime.problems import Problem, find_problems

_REFUSALS = (MsgspecError, OverflowError, RecursionError, UnicodeError)


class ServingContract(Protocol):
    """What the generated module `contract` offers; `Request` has one field, `records`, a list of `Record`."""

    @property
    def MODEL(self) -> str: ...  # noqa: N802
    @property
    def TASK(self) -> str: ...  # noqa: N802
    @property
    def MAX_ROWS(self) -> int: ...  # noqa: N802
    @property
    def FEATURES(self) -> Mapping[str, Sequence[str]]: ...  # noqa: N802
    @property
    def EXPECTED(self) -> Mapping[str, str]: ...  # noqa: N802
    @property
    def Record(self) -> type[Struct]: ...  # noqa: N802
    @property
    def Request(self) -> type[Any]: ...  # noqa: N802

    def decode(self, body: bytes, /) -> Any:
        """A `Request`, or msgspec's error at the first thing that is wrong."""

    def assemble(self, records: list[Any], /) -> bytes:
        """The features of each record as float32, one record after another."""


class Refusal(Exception):
    """A request that is not answered with predictions: the HTTP status and the body that it gets."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(body["error"])
        self.status = status
        self.body = body


def read_records(event: Any, contract: ServingContract) -> list[Any]:
    """The records of a URL event, or of a direct invoke; raises Refusal."""
    try:
        source = body_of(event) if is_url_event(event) else event
    except BadBody as error:
        raise _broken([Problem(None, None, str(error))]) from error
    try:
        request = contract.decode(source) if isinstance(source, bytes) else convert(source, contract.Request)
    except _REFUSALS as error:
        raise _explained(source, contract, error) from error
    _check_rows(request.records, contract)
    records: list[Any] = request.records
    return records


def _check_rows(records: Sequence[Any], contract: ServingContract) -> None:
    if len(records) > contract.MAX_ROWS:
        reason = f"{len(records)} records; one request takes at most {contract.MAX_ROWS}"
        raise Refusal(413, {"error": "too many rows", "reason": reason})


def _explained(source: Any, contract: ServingContract, refused: Exception) -> Refusal:
    """Decode once more, into whatever there is, to see all that is wrong; what only msgspec minds, it says itself."""
    try:
        document = json.loads(source.decode()) if isinstance(source, bytes) else source
    except RecursionError:
        return _broken([Problem(None, None, "the JSON is nested too deeply")])
    except ValueError as error:
        return _broken([Problem(None, None, f"not JSON: {error}")])
    if isinstance(document, dict) and isinstance(document.get("records"), list):
        _check_rows(document["records"], contract)
    problems = find_problems(document, contract.Record, contract.EXPECTED)
    return _broken(problems or [Problem(None, None, str(refused))])


def _broken(problems: list[Problem]) -> Refusal:
    return Refusal(400, {"error": "contract", "problems": [problem._asdict() for problem in problems]})
